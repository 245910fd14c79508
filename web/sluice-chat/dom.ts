type Props = Readonly<Record<string, string | boolean | number | undefined | ((event: Event) => void)>>;

/** An element with attributes (`true` is an empty one, `false` and `undefined` none), listeners (functions) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: readonly (Node | string)[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** A button with an icon and a label; `quiet` hides the label from the eye, not from a screen reader. */
export function button(label: string, icon: Node | undefined, onClick: () => void, props: Props & { quiet?: boolean } = {}): HTMLButtonElement {
  const { quiet = false, ...rest } = props;
  const attributes = { type: 'button', click: onClick, ...(quiet ? { title: label, 'aria-label': label } : {}), ...rest };
  return h('button', attributes, ...(icon ? [icon] : []), ...(quiet ? [] : [h('span', {}, label)]));
}
