// The chat: what was said, with times, receipts, dots, quick replies and an empty start.

import { $, h, avatar, digest, reconcile } from './dom.js';
import { message, note } from './message.js';
import { stamp } from './time.js';

const pause = 15 * 60e3; // a gap that shows the time
const near = 3 * 60e3; // messages this close stand together

const said = (s) => s.from === 'person' || s.from === 'page';

function rows(view, context) {
  const { person: me, now } = view;
  const list = [];
  if (!me.thread.some(said)) list.push(intro(view, context));
  me.thread.forEach((s, i) => {
    const before = me.thread[i - 1];
    const after = me.thread[i + 1];
    if (!before || new Date(s.at) - new Date(before.at) > pause) {
      const text = stamp(s.at, now, me, context.words);
      list.push({ key: `t${s.seq}`, sign: text, build: () => h('p', { class: 'time' }, h('time', { datetime: s.at }, text)) });
    }
    if (!said(s)) {
      list.push({ key: `s${s.seq}`, sign: digest([s, context.sign]), build: () => note(s, context) });
      return;
    }
    const together = (a, b) => a && b && a.from === b.from && Math.abs(new Date(a.at) - new Date(b.at)) <= near && (a.persona ?? '') === (b.persona ?? '');
    const place = { first: !together(before, s), last: !together(s, after) };
    list.push({ key: `s${s.seq}`, sign: digest([s, place, context.sign]), build: () => message(s, context, place) });
  });
  const last = me.thread.findLast(said);
  if (last?.from === 'person') {
    const late = view.waiting.some((w) => w.psid === me.psid && w.tries > 0);
    const text = late ? context.words.waiting : context.words.sent;
    list.push({ key: 'receipt', sign: text, build: () => h('p', { class: `receipt ${late ? 'late' : ''}` }, text) });
  }
  if (me.typing) {
    list.push({
      key: 'typing', sign: context.sign,
      build: () => h('div', { class: 'message page first last', data: { kind: 'typing' } }, context.avatar(),
        h('div', { class: 'bubble dots', role: 'img', 'aria-label': `${context.page} ${context.words.typing}` }, h('i'), h('i'), h('i'))),
    });
  }
  return list;
}

// intro is an empty chat: who this is, what to ask, and the button that begins it.
function intro(view, context) {
  const { page, person: me } = view;
  return {
    key: 'intro',
    sign: digest([page, me.start, context.sign]),
    build: () => h('div', { class: 'intro' },
      avatar(page.name, 'page huge'),
      h('h3', {}, page.name),
      page.greeting && h('p', {}, page.greeting),
      page.ice_breakers.length > 0 && h('div', { class: 'ice' }, page.ice_breakers.map((b) => h('button', {
        type: 'button', class: 'ice-breaker', data: { label: b.label }, onclick: () => context.item(b),
      }, b.label))),
      h('button', { type: 'button', id: 'get-started', class: 'primary', data: { label: me.start }, onclick: () => context.start() }, me.start)),
  };
}

/** quickReplies of the last thing said; they go with the next. */
function quickReplies(view, context) {
  const last = view.person.thread.findLast(said);
  const list = last?.from === 'page' && !view.person.blocked ? last.quick_replies ?? [] : [];
  reconcile($('quick-replies'), list.map((b) => ({
    key: `${last.mid}.${b.id}`,
    sign: digest([b, context.sign]),
    build: () => h('button', {
      type: 'button', class: 'quick-reply', data: { label: b.label, button: b.id }, onclick: () => context.tap(last, b),
    }, b.image && h('img', { src: b.image, alt: '', width: 20, height: 20 }), b.label),
  })));
}

let shownTo; // whose chat is on the screen
let pinned = true; // its end is in sight, and stays so when the keyboard comes up

$('log').addEventListener('scroll', () => { pinned = $('log').scrollHeight - $('log').scrollTop - $('log').clientHeight < 120; }, { passive: true });
new ResizeObserver(() => { if (pinned) $('log').scrollTo({ top: $('log').scrollHeight, behavior: 'instant' }); }).observe($('log'));

/** render shows the chat of view.person. */
export function render(view, context) {
  const log = $('log');
  const me = view.person;
  const fresh = shownTo !== me.psid;
  const before = log.lastElementChild?.dataset.key;
  shownTo = me.psid;
  if (fresh) log.replaceChildren();
  reconcile(log, rows(view, context));
  quickReplies(view, context);
  const news = before !== log.lastElementChild?.dataset.key;
  if (fresh || pinned || news) log.scrollTo({ top: log.scrollHeight, behavior: fresh || !news ? 'instant' : 'smooth' });
}
