// What the built USWDS stylesheet still needs: no web fonts of its own (identity.css declares two), icons as data: (no requests),
// and logical properties instead of left and right, so that right-to-left pages mirror.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [source, images, target] = process.argv.slice(2);

const logical = new Map([
  ['margin-left', 'margin-inline-start'], ['margin-right', 'margin-inline-end'],
  ['padding-left', 'padding-inline-start'], ['padding-right', 'padding-inline-end'],
  ['left', 'inset-inline-start'], ['right', 'inset-inline-end'],
  ['border-top-left-radius', 'border-start-start-radius'], ['border-top-right-radius', 'border-start-end-radius'],
  ['border-bottom-left-radius', 'border-end-start-radius'], ['border-bottom-right-radius', 'border-end-end-radius'],
]);

let css = readFileSync(source, 'utf8').replace(/^\uFEFF/, '').replace('@charset "UTF-8";', '');
css = css.replace(/@font-face\{[^}]*\}/g, '');
css = css.replace(/([{;])([a-z-]+):/g, (whole, before, name) => {
  const border = /^border-(left|right)(-[a-z]+)?$/.exec(name);
  const renamed = logical.get(name)
    ?? (border ? `border-inline-${border[1] === 'left' ? 'start' : 'end'}${border[2] ?? ''}` : name);
  return `${before}${renamed}:`;
});
css = css.replace(/text-align:(left|right)/g, (_, side) => `text-align:${side === 'left' ? 'start' : 'end'}`);
css = css.replace(/url\("(icons\/[^"]+\.svg)"\)/g, (_, path) => {
  const svg = readFileSync(join(images, path.slice('icons/'.length)), 'utf8').trim();
  return `url("data:image/svg+xml,${encodeURIComponent(svg).replaceAll('%20', ' ').replaceAll('%3D', '=').replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%22', "'")}")`;
});
writeFileSync(target, css.trimEnd() + '\n');
