import './embed.ts';

const script = new URL('./sluice.js', location.href).href;
const snippet = `<script type="module" src="${script}"></script>\n<sluice-chat></sluice-chat>`;

const code = document.querySelector('#snippet');
const copy = document.querySelector('#copy-snippet');
if (!code || !copy) throw new Error('index.html lacks the snippet.');
code.textContent = snippet;

copy.addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(snippet);
    copy.textContent = 'Copied';
  } catch {
    // The browser forbids it: the text is selected instead, ready for Ctrl+C.
    getSelection()?.selectAllChildren(code);
    copy.textContent = 'Selected';
  }
  setTimeout(() => { copy.textContent = 'Copy'; }, 1800);
});
