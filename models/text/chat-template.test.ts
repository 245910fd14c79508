import { describe, expect, test } from 'vitest';
import { createChatTemplate } from './chat-template.ts';

const hello = [{ role: 'user', content: 'Hello' }];
const plain = { addGenerationPrompt: false };

async function render(template: string, variables: Record<string, unknown> = {}, tokenizerConfig: Record<string, unknown> = {}): Promise<string> {
  const compiled = await createChatTemplate({ tokenizerConfig, templateJinja: template });
  return compiled?.render(hello, { ...plain, ...variables }) ?? 'no template';
}

describe('where the template comes from', () => {
  const all = { tokenizerConfig: { chat_template: 'config' }, templateJinja: 'jinja', templateJson: { chat_template: 'json' } };

  test.each([
    ['chat_template.jinja first', all, 'jinja'],
    ['chat_template.json second', { ...all, templateJinja: undefined }, 'json'],
    ['tokenizer_config.json last', { tokenizerConfig: all.tokenizerConfig, templateJson: {} }, 'config'],
  ])('%s', async (_, files, expected) => {
    expect((await createChatTemplate(files))?.render(hello, plain)).toBe(expected);
  });

  test('a checkpoint may have none', async () => {
    expect(await createChatTemplate({ tokenizerConfig: { chat_template: null } })).toBeUndefined();
    expect(await createChatTemplate({ tokenizerConfig: undefined })).toBeUndefined();
  });

  test('a list of named templates: tool_use with tools, default otherwise', async () => {
    const chat_template = [{ name: 'default', template: 'talk' }, { name: 'tool_use', template: 'use {{ tools[0].name }}' }];
    const template = await createChatTemplate({ tokenizerConfig: { chat_template } });
    expect(template?.render(hello, plain)).toBe('talk');
    expect(template?.render(hello, { ...plain, tools: [{ name: 'saw' }] })).toBe('use saw');
    const rag = await createChatTemplate({ tokenizerConfig: { chat_template: [{ name: 'rag', template: 'x' }] } });
    expect(() => rag?.render(hello, plain)).toThrow(/none of its templates \(rag\) is named "default"/);
  });

  test.each([
    [7, 'chat_template'],
    [[{ name: 'default' }], 'chat_template.0.template'],
  ])('%j is an error that names the key', async (chat_template, key) => {
    await expect(createChatTemplate({ tokenizerConfig: { chat_template } })).rejects.toMatchObject({ code: 'config', file: 'tokenizer_config.json', key });
  });
});

describe('what a template finds, as transformers provides it', () => {
  test('special tokens, as strings or AddedToken objects', async () => {
    const config = { bos_token: '<s>', eos_token: { __type: 'AddedToken', content: '</s>' }, pad_token: null };
    expect(await render('{{ bos_token }}|{{ eos_token }}|{{ pad_token is defined }}', {}, config)).toBe('<s>|</s>|false');
  });

  test('tools and documents are none where there are none, not undefined', async () => {
    expect(await render('{% if tools is none and documents is none and other is not defined %}yes{% endif %}')).toBe('yes');
  });

  test('further variables, which win over the special tokens', async () => {
    expect(await render('{{ depth + 1 }} {{ bos_token }}', { depth: 2, bos_token: '' }, { bos_token: '<s>' })).toBe('3 ');
  });

  test('tojson neither escapes HTML nor leaves out spaces', async () => {
    expect(await render('{{ value | tojson }}', { value: { a: ['<é>', 1, null] } })).toBe('{"a": ["<é>", 1, null]}');
  });

  test('range counts as in Python', async () => {
    expect(await render('{{ range(3) | join(",") }}|{{ range(2, 5) | join(",") }}|{{ range(3, -1, -2) | join(",") }}|{{ range(5, 2) | join(",") }}')).toBe('0,1,2|2,3,4|3,1|');
  });

  test('block tags leave no lines behind, and loops can break', async () => {
    expect(await render('{% for i in range(9) %}\n  {% if i == 2 %}\n{% break %}\n{% endif %}\n{{ i }}\n{% endfor %}\nend')).toBe('0\n1\nend');
  });

  test('a strip takes only the characters that it is given', async () => {
    const template = '[{{ x.lstrip("\\n") }}][{{ x.rstrip("\\n") }}][{{ x.strip("\\n") }}][{{ x.strip() }}][{{ {"k": x.strip("\\n ")}.k }}]';
    expect(await render(template, { x: '\n a \n' })).toBe('[ a \n][\n a ][ a ][a][a]');
  });
});

describe('errors', () => {
  test('raise_exception refuses the conversation with its message', async () => {
    await expect(render('{{ raise_exception("Roles must alternate: " + messages[0].role) }}')).rejects.toMatchObject({
      code: 'chat-template',
      problem: 'refused',
      file: 'chat_template.jinja',
      message: 'The chat template in chat_template.jinja refuses this conversation: Roles must alternate: user',
    });
  });

  test('a template that is no Jinja fails when it is used, not when the checkpoint is loaded', async () => {
    const template = await createChatTemplate({ tokenizerConfig: {}, templateJinja: '{% if %}' });
    expect(() => template?.render(hello, plain)).toThrow(expect.objectContaining({ code: 'chat-template', problem: 'invalid' }));
  });

  test('a template that fails while it runs', async () => {
    await expect(render('{{ nothing.at.all() }}')).rejects.toMatchObject({ code: 'chat-template', problem: 'failed' });
  });
});
