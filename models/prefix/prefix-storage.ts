import { StorageError } from '../errors/storage-error.ts';

/** A stored prefix; its state is read when it is needed. */
export interface StoredPrefix {
  readonly key: string;
  /** The checkpoint and how it was loaded. */
  readonly owner: string;
  readonly tokens: readonly number[];
}

const DATABASE = 'sluice';
/** Two stores, so that a list does not read what it lists. */
const PREFIXES = 'prefixes';
const STATES = 'states';

/** Prefixes in IndexedDB, which pages and workers of an origin share. Every method throws `StorageError`. */
export class PrefixStorage {
  #database: Promise<IDBDatabase> | undefined;

  async list(owner: string): Promise<StoredPrefix[]> {
    return this.#run('readonly', (prefixes) => prefixes.index('owner').getAll(owner));
  }

  async read(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#run('readonly', (_, states) => states.get(key));
  }

  async write(prefix: StoredPrefix, state: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#run('readwrite', (prefixes, states) => {
      states.put(state, prefix.key);
      return prefixes.put(prefix);
    });
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#run('readwrite', (prefixes, states) => {
      for (const key of keys) {
        states.delete(key);
        prefixes.delete(key);
      }
      return prefixes.count();
    });
  }

  /** The request's result, once its transaction is written. */
  async #run<T>(mode: IDBTransactionMode, work: (prefixes: IDBObjectStore, states: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    try {
      const transaction = (await this.#open()).transaction([PREFIXES, STATES], mode);
      const request = work(transaction.objectStore(PREFIXES), transaction.objectStore(STATES));
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error ?? new Error('The transaction was aborted.'));
      });
      return request.result;
    } catch (cause) {
      throw new StorageError(cause);
    }
  }

  #open(): Promise<IDBDatabase> {
    this.#database ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(PREFIXES, { keyPath: 'key' }).createIndex('owner', 'owner');
        request.result.createObjectStore(STATES);
      };
      request.onsuccess = () => {
        // The site's data may be deleted while the page is open; the next call opens it anew.
        request.result.onclose = () => (this.#database = undefined);
        request.result.onversionchange = () => {
          request.result.close();
          this.#database = undefined;
        };
        resolve(request.result);
      };
      request.onerror = () => reject(request.error ?? new Error('IndexedDB did not open.'));
    }).catch((error: unknown) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }
}
