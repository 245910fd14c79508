import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

/** A command that says when it is at work and when it is to stop, and then does not. */
const STUBBORN = `
  import { runCommand } from ${JSON.stringify(new URL('command-line.mjs', import.meta.url).href)};
  await runCommand('usage', (_, signal) => {
    setInterval(() => {}, 1000);
    signal.addEventListener('abort', () => process.stdout.write('stopping'));
    process.stdout.write('working ');
    return new Promise(() => {});
  });`;

test('the first Ctrl-C asks a command to end, the second ends it', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', STUBBORN], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said === 'working ' || said === 'working stopping') child.kill('SIGINT');
  });
  const [code, signal] = await once(child, 'close');
  expect({ said, code, signal }).toEqual({ said: 'working stopping', code: null, signal: 'SIGINT' });
});
