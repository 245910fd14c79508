import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ChatTemplate, createChatTemplate } from '../../models/text/chat-template.ts';
import { readSharedJson, readSharedText, sharedMissing, sharedTitle } from '../support/shared-fixtures.ts';

/** White space at the edges and characters that HTML would escape, since templates strip, and Jinja can escape. */
const conversation = [
  { role: 'system', content: 'You answer briefly.' },
  { role: 'user', content: 'Is 2 < 3?\n' },
  { role: 'assistant', content: '    True, "naïve" 😀\n' },
  { role: 'user', content: '  And 3 < 2?' },
];

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'Gets the weather.',
    parameters: { type: 'object', properties: { city: { type: 'string', description: 'Naïve <city>' } }, required: ['city'] },
  },
};

// Some templates tell the model the date.
beforeEach(() => void vi.setSystemTime(new Date(2026, 2, 5, 14, 7)));
afterEach(() => void vi.useRealTimers());

async function published(name: string, hasJinjaFile = false): Promise<ChatTemplate> {
  const template = await createChatTemplate({
    tokenizerConfig: await readSharedJson(`chat-templates/${name}/tokenizer_config.json`),
    templateJinja: hasJinjaFile ? await readSharedText(`chat-templates/${name}/chat_template.jinja`) : undefined,
  });
  expect(template).toBeDefined();
  return template as ChatTemplate;
}

/** The snapshots are byte for byte what Jinja2 3.1.6 renders in transformers' environment. */
describe.skipIf(sharedMissing)(sharedTitle('published chat templates'), () => {
  test.each([
    ['qwen2.5', false],
    ['qwen3', false],
    ['phi-4-base', false],
    ['smollm3', true],
    ['gpt-oss', true],
  ])('%s', async (name, hasJinjaFile) => {
    const template = await published(name, hasJinjaFile);
    const whole = template.render(conversation, { addGenerationPrompt: true });
    expect(whole).toMatchSnapshot();
    const closed = template.render(conversation, { addGenerationPrompt: false });
    expect(whole.startsWith(closed)).toBe(true);
    expect(whole.length).toBeGreaterThan(closed.length);
  });

  test('Qwen3 with thinking turned off begins the answer with an empty thought', async () => {
    const template = await published('qwen3');
    const thinking = template.render(conversation, { addGenerationPrompt: true });
    expect(template.render(conversation, { addGenerationPrompt: true, enable_thinking: false })).toBe(`${thinking}<think>\n\n</think>\n\n`);
  });

  test('Qwen3 forgets the thoughts of earlier answers, and keeps the indentation of what was said', async () => {
    const template = await published('qwen3');
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: '<think>\n\n hmm \n\n</think>\n\n  Hello' },
      { role: 'user', content: 'Again' },
    ];
    expect(template.render(messages, { addGenerationPrompt: false })).toBe(
      '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n  Hello<|im_end|>\n<|im_start|>user\nAgain<|im_end|>\n',
    );
  });

  test.each([
    ['qwen2.5', false],
    ['gpt-oss', true],
  ])('%s describes tools', async (name, hasJinjaFile) => {
    const template = await published(name, hasJinjaFile);
    expect(template.render(conversation.slice(1, 2), { addGenerationPrompt: true, tools: [weather] })).toMatchSnapshot();
  });

  test('gpt-oss refuses the answer of a tool that nobody called', async () => {
    const template = await published('gpt-oss', true);
    expect(() => template.render([{ role: 'tool', content: '21 °C' }], { addGenerationPrompt: true })).toThrow(
      expect.objectContaining({ code: 'chat-template', problem: 'refused', message: expect.stringContaining('there was no previous assistant message with a tool call!') }),
    );
  });
});
