const SVG = 'http://www.w3.org/2000/svg';

// Stroked paths on a 24 × 24 grid.
const PATHS = {
  send: 'M12 19V5M5.5 11.5 12 5l6.5 6.5',
  stop: 'M6.5 6.5h11v11h-11z',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  retry: 'M4.5 12a7.5 7.5 0 1 0 2.6-5.7M4.5 4.5v4.2h4.2',
  undo: 'M9 6 4.5 10.5 9 15M4.5 10.5H14a5.5 5.5 0 0 1 0 11h-3',
  edit: 'M5 19h3.5L19 8.5 15.5 5 5 15.5zM13 7.5 16.5 11',
  branch: 'M7 4v16M7 15c0-5 10-2 10-8M14 9.5 17 6.5l3 3',
  forward: 'M5 12h13M12.5 6l6 6-6 6',
  compose: 'M12 5v14M5 12h14',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8v4.4M9 14.8v4.4',
  chevron: 'm7 10 5 5 5-5',
  down: 'M12 5v14M6 13l6 6 6-6',
  close: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
  folder: 'M3.5 18.5v-13h6l2 2.5h9v10.5z',
  download: 'M12 4v11M7 10.5 12 15.5l5-5M5 20h14',
  warning: 'M12 4 2.8 19.5h18.4zM12 10v4.2M12 16.7v.3',
  dice: 'M5 5h14v14H5zM9 9v.01M15 9v.01M12 12v.01M9 15v.01M15 15v.01',
} as const;

/** A decorative inline icon in the text's colour. */
export function icon(name: keyof typeof PATHS): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', focusable: 'false' })) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
