// The sheet that slides up inside the phone, one at a time.

import { $, h } from './dom.js';

let back; // what had the focus

/** open shows a sheet with that content. */
export function open(title, closeLabel, ...content) {
  if ($('sheet').hidden) back = document.activeElement;
  $('sheet-title').textContent = title;
  $('sheet-close').setAttribute('aria-label', closeLabel);
  $('sheet-body').replaceChildren(...content);
  $('sheet').hidden = $('scrim').hidden = false;
  $('glass').inert = true;
  ($('sheet-body').querySelector('button, input, a') ?? $('sheet')).focus({ preventScroll: true });
}

/** close puts the sheet away and the focus back. */
export function close() {
  if ($('sheet').hidden) return;
  $('sheet').hidden = $('scrim').hidden = true;
  $('sheet').removeAttribute('data-name');
  $('glass').inert = false;
  if (back?.isConnected) back.focus({ preventScroll: true });
}

/** name marks the open sheet, so that it can be shown anew when something changes. */
export const name = (text) => { $('sheet').dataset.name = text; };

/** is says whether the sheet of that name is open. */
export const is = (text) => !$('sheet').hidden && $('sheet').dataset.name === text;

/** line is a form of one field and a button. */
export function line(label, placeholder, button, submit) {
  const field = h('input', { placeholder, required: true, 'aria-label': label, autocomplete: 'off' });
  return h('form', {
    class: 'line',
    onsubmit: (event) => { event.preventDefault(); submit(field.value.trim()); },
  }, h('label', {}, label), h('span', {}, field, h('button', { type: 'submit', class: 'primary' }, button)));
}

$('sheet-close').addEventListener('click', close);
$('scrim').addEventListener('click', close);
$('sheet').addEventListener('keydown', (event) => {
  if (event.key === 'Escape') { event.stopPropagation(); close(); return; }
  if (event.key !== 'Tab') return;
  const stops = [...$('sheet').querySelectorAll('button, input, a[href]')].filter((e) => !e.disabled);
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement === edge) {
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
  }
});
