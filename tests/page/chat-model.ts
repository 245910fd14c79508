import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomCheckpoint } from '../support/random-checkpoint.ts';
import { STORYTELLER } from './built-page.ts';

const TEMPLATE = "{{ bos_token }}{% for message in messages %}{% if message.role == 'user' %}{{ message.content }}{% else %}{{ message.content + '\\n' }}{% endif %}{% endfor %}";

/** The storyteller with a chat template, or a hybrid with random weights and its tokenizer in its place, in a new folder, which is the caller's to remove. */
export async function writeChatModel(kind: 'storyteller' | 'hybrid' = 'storyteller'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-chat-'));
  await cp(STORYTELLER, folder, { recursive: true });
  const config = join(folder, 'tokenizer_config.json');
  await writeFile(config, JSON.stringify({ ...JSON.parse(await readFile(config, 'utf8')), chat_template: TEMPLATE }));
  if (kind === 'hybrid') for (const [name, bytes] of Object.entries(randomCheckpoint('qwen3_5_text', 1, { vocab_size: 512 }))) await writeFile(join(folder, name), bytes);
  return folder;
}
