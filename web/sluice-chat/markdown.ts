import { h } from './dom.ts';

/**
 * The little Markdown that models write: paragraphs, headings, lists, fenced and inline code, bold and italic. Built
 * from DOM nodes alone, so a model's output can never become markup.
 */
export function splitBlocks(text: string): string[] {
  const blocks: string[] = [];
  let current: string[] = [];
  let fence = '';
  const close = (): void => {
    if (current.length > 0) blocks.push(current.join('\n'));
    current = [];
  };
  for (const line of text.split('\n')) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    if (fence) {
      current.push(line);
      if (mark.startsWith(fence)) {
        fence = '';
        close();
      }
    } else if (mark) {
      close();
      fence = mark;
      current.push(line);
    } else if (line.trim() === '') close();
    else {
      // A heading, and a list after a paragraph, begin a block without an empty line before them.
      if (isHeading(line) || (current[0] !== undefined && isItem(line) && !isItem(current[0]))) close();
      current.push(line);
      if (isHeading(line)) close();
    }
  }
  close();
  return blocks;
}

export function renderBlock(block: string): HTMLElement {
  const lines = block.split('\n');
  const first = lines[0] ?? '';
  const fence = /^\s*(`{3,}|~{3,})\s*([\w+#.-]*)/.exec(first);
  if (fence) {
    const body = lines.slice(1);
    if (/^\s*(`{3,}|~{3,})\s*$/.test(body.at(-1) ?? '')) body.pop();
    return h('pre', { tabindex: 0, 'aria-label': fence[2] ? `Code, ${fence[2]}` : 'Code' }, h('code', {}, body.join('\n')));
  }
  const heading = /^\s*#{1,6}\s+(.*)$/.exec(first);
  if (heading && lines.length === 1) return h('p', { class: 'heading' }, ...renderInline(heading[1] ?? ''));
  if (isItem(first)) return renderList(lines);
  return h('p', {}, ...renderInline(block));
}

function isHeading(line: string): boolean {
  return /^\s{0,3}#{1,6}\s+\S/.test(line);
}

function isItem(line: string): boolean {
  return /^\s*(?:[-*+]|\d{1,9}[.)])\s+/.test(line);
}

function renderList(lines: readonly string[]): HTMLElement {
  const ordered = /^\s*(\d{1,9})[.)]/.exec(lines[0] ?? '');
  const list = ordered ? h('ol', { start: ordered[1] }) : h('ul');
  let item: string[] = [];
  let depth = 0;
  const close = (): void => {
    if (item.length > 0) list.append(h('li', depth > 0 ? { style: `margin-inline-start: ${depth * 1.25}em` } : {}, ...renderInline(item.join('\n'))));
    item = [];
  };
  for (const line of lines) {
    if (isItem(line)) {
      close();
      depth = Math.min(4, Math.floor((/^\s*/.exec(line)?.[0].length ?? 0) / 2));
      item.push(line.replace(/^\s*(?:[-*+]|\d{1,9}[.)])\s+/, ''));
    } else item.push(line.trim());
  }
  close();
  return list;
}

const INLINE = /(`+)(.+?)\1(?!`)|\*\*(?=\S)(.+?\S?)\*\*|(?<![\w*])\*(?=\S)([^*\n]*?[^\s*])\*(?![\w*])|(?<!\w)_(?=\S)([^_\n]*?[^\s_])_(?!\w)/gs;

function renderInline(text: string): (Node | string)[] {
  const nodes: (Node | string)[] = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(end, match.index));
    const [whole, , code, bold, starred, scored] = match;
    if (code !== undefined) nodes.push(h('code', {}, code));
    else if (bold !== undefined) nodes.push(h('strong', {}, ...renderInline(bold)));
    else nodes.push(h('em', {}, starred ?? scored ?? ''));
    end = match.index + whole.length;
  }
  nodes.push(text.slice(end));
  return nodes;
}
