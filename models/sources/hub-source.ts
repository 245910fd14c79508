import { SourceError } from '../errors/source-error.ts';
import { encodePath, httpSource } from './http-source.ts';
import type { RetryPolicy } from './retries.ts';
import type { Source } from './source.ts';

export const HUB = 'https://huggingface.co';

export interface HubLocation {
  /** `org/name`. */
  readonly id: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** An access token with read permission, for private and gated repositories. */
  readonly token?: string | undefined;
  /** The Hub, or a mirror with the same paths. */
  readonly endpoint: string;
}

// https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/utils/_validators.py
const PART = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/;

/** A repository of the Hugging Face Hub (https://huggingface.co/docs/hub/models-downloading). */
export function hubSource({ id, revision, token, endpoint }: HubLocation, retry: RetryPolicy): Source {
  const parts = id.split('/');
  if (parts.length !== 2 || id.length > 96 || !parts.every((part) => PART.test(part)) || /--|\.\./.test(id)) {
    throw new SourceError('invalid', id, 'is not the id of a repository; it should read org/name, org/name@revision or org/name/file.gguf, with letters, digits, "-", "_" and "."');
  }
  if (!/^[^\s\\?#%]+$/.test(revision) || revision.includes('..')) {
    throw new SourceError('invalid', `${id}@${revision}`, 'does not name a revision; a branch, a tag or a commit should follow the "@"');
  }
  const base = `${endpoint.replace(/\/+$/, '')}/${id}/resolve/${encodeURIComponent(revision)}/`;
  return httpSource({
    name: revision === 'main' ? id : `${id}@${revision}`,
    locate: (path) => base + encodePath(path),
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    retry,
    explainRefusal: (status, errorCode) => explain(id, endpoint, status, errorCode, token !== undefined),
    checkMissing(errorCode) {
      if (errorCode === 'RepoNotFound') throw new SourceError('not-found', id, 'there is no such repository on the Hub; check its spelling');
      if (errorCode === 'RevisionNotFound') throw new SourceError('not-found', `${id}@${revision}`, 'the repository has no such branch, tag or commit');
    },
  });
}

function explain(id: string, endpoint: string, status: number, errorCode: string | null, hasToken: boolean): string {
  const page = `${endpoint.replace(/\/+$/, '')}/${id}`;
  const pass = 'pass an access token as { hub, token }';
  if (errorCode === 'GatedRepo') {
    return `${id} is gated: accept its conditions at ${page}, then ${hasToken ? 'use a token of the account that accepted them' : pass} (HTTP ${status}).`;
  }
  if (hasToken) return `The Hub refuses ${id} with this token (HTTP ${status}): check the spelling of the id, and that the token is valid and may read this repository (${page}).`;
  return `The Hub refuses ${id} (HTTP ${status}): it does not exist, is private, or is gated. Check its spelling; if it is gated, accept its conditions at ${page}; then ${pass}.`;
}
