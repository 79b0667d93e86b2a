// One thing in the chat as an element.

import { h } from './dom.js';
import { exhibit } from './exhibit.js';

/** Emoji a person may put on a message. */
const reactions = ['❤', '😆', '😮', '😢', '😠', '👍'];

/** picture shows an image from anywhere, and a drawn one where that cannot be had. */
export function picture(address, description, kind) {
  const image = h('img', { class: kind, alt: description, loading: 'lazy', referrerpolicy: 'no-referrer' });
  image.addEventListener('error', () => {
    if (image.dataset.drawn) return;
    image.dataset.drawn = 'true';
    image.src = 'placeholder.svg';
  });
  image.src = address || 'placeholder.svg';
  return image;
}

export function buttons(list, shown, context) {
  if (!list?.length) return null;
  return h('div', { class: 'buttons' }, list.map((b) => h('button', {
    type: 'button',
    class: 'button',
    data: { label: b.label, type: b.type, button: b.id },
    title: b.url || null,
    onclick: () => context.tap(shown, b),
  }, b.label)));
}

function cards(shown, context) {
  const row = h('div', { class: 'cards', tabindex: '0', role: 'group' }, shown.cards.map((c, i) => h('article', { class: 'tile', data: { card: `c${i}` } },
    c.url
      ? h('button', { type: 'button', class: 'face', title: c.url, data: { open: c.url }, onclick: () => context.openCard(shown, c, i) }, face(c, shown))
      : h('div', { class: 'face' }, face(c, shown)),
    buttons(c.buttons, shown, context),
  )));
  if (shown.cards.length < 2) return row;
  const turn = (by) => () => row.scrollBy({ left: by * 252, behavior: 'smooth' });
  return h('div', { class: 'carousel' }, row,
    h('button', { type: 'button', class: 'turn back', 'aria-label': context.words.previous, onclick: turn(-1) }, '‹'),
    h('button', { type: 'button', class: 'turn on', 'aria-label': context.words.next, onclick: turn(1) }, '›'));
}

function face(c, shown) {
  const anyImage = shown.cards.some((other) => other.image);
  return [
    anyImage && picture(c.image, '', 'photo'),
    h('span', { class: 'lines' }, h('strong', {}, c.title), c.subtitle && h('small', {}, c.subtitle)),
  ];
}

function optIn(shown, context) {
  const o = shown.opt_in;
  const { words, topics, page } = context;
  const topic = topics.find((t) => t.title === o.title);
  const open = o.state === 'open' || topic?.stopped;
  return h('article', { class: 'tile opt-in', data: { title: o.title, state: open ? 'open' : 'accepted' } },
    h('div', { class: 'face' },
      o.image && picture(o.image, '', `photo ${o.ratio === 'SQUARE' ? 'square' : ''}`),
      h('span', { class: 'lines' }, h('strong', {}, o.title), h('small', {}, words.optInHint(page)))),
    h('div', { class: 'buttons' }, open
      ? h('button', { type: 'button', class: 'button accept', data: { label: o.label, act: 'accept' }, onclick: () => context.accept(shown) }, o.label)
      : h('span', { class: 'button done' }, `✓ ${words.optInDone}`)));
}

function reactionBar(shown, context) {
  const bar = h('details', { class: 'react' }, h('summary', { 'aria-label': context.words.react, title: context.words.react }, '☺'));
  bar.append(h('span', { class: 'emoji' }, reactions.map((e) => h('button', {
    type: 'button',
    'aria-pressed': shown.reaction === e ? 'true' : 'false',
    onclick: () => { bar.open = false; context.react(shown, shown.reaction === e ? '' : e); },
  }, e))));
  return bar;
}

function body(shown, context) {
  const { words } = context;
  switch (shown.kind) {
    case 'cards': return cards(shown, context);
    case 'opt_in': return optIn(shown, context);
    case 'media': case 'receipt': case 'coupon': case 'template': return exhibit(shown, context);
    case 'image': return h('div', { class: 'bubble media' }, picture(shown.url, words.picture, 'sent-image'));
    case 'video': case 'audio': case 'file':
      return h('div', { class: 'bubble' }, h('button', { type: 'button', class: 'attached', title: shown.url, onclick: () => context.open(shown.url) }, `${words[shown.kind]} · ${shown.url.split('/').pop()}`));
    case 'location': return h('div', { class: 'bubble' }, `📍 ${words.location} ${shown.text}`);
    case 'comment': return h('div', { class: 'bubble comment' }, h('small', {}, words.comment), shown.text);
  }
  if (!shown.buttons?.length) return h('div', { class: 'bubble' }, shown.text);
  return h('div', { class: 'tile plain' }, h('div', { class: 'bubble' }, shown.text), buttons(shown.buttons, shown, context));
}

/** message builds one thing that a person or the Page said. */
export function message(shown, context, place) {
  const mine = shown.from === 'person';
  return h('div', {
    class: `message ${shown.from} ${place.first ? 'first' : ''} ${place.last ? 'last' : ''} ${shown.reaction ? 'reacted' : ''}`,
    data: { from: shown.from, kind: shown.kind, mid: shown.mid ?? '', seq: shown.seq },
  },
  !mine && (place.last ? context.avatar() : h('span', { class: 'avatar blank' })),
  h('div', { class: 'stack' },
    shown.persona && place.first && h('small', { class: 'persona' }, shown.persona),
    body(shown, context),
    shown.reaction && h('span', { class: 'reaction' }, shown.reaction)),
  !mine && reactionBar(shown, context));
}

/** note builds one of the platform's own lines. */
export function note(shown, context) {
  const say = context.words[`note${shown.kind[0].toUpperCase()}${shown.kind.slice(1)}`];
  return h('p', { class: 'note', data: { note: shown.kind, text: shown.text ?? '' } }, say ? say(shown.text, context.page) : shown.kind);
}
