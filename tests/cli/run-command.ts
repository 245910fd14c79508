import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Folder that holds `scripts/`. */
  readonly root: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with all of stdout so far, whenever more of it comes. */
  readonly onStdout?: (stdout: string, child: ChildProcess) => void;
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs `scripts/<name>.mjs` to its end. */
export function runCommand(name: string, args: readonly string[], { root, env = {}, onStdout, onStart }: RunOptions): Promise<Finished> {
  const child = spawn(process.execPath, [join(root, `scripts/${name}.mjs`), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  onStart?.(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    onStdout?.(stdout, child);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
