// The phone page: fetches what one person's phone shows, draws it, and does what they tap.

import { $, h, avatar } from './dom.js';
import * as api from './api.js';
import * as chat from './chat.js';
import * as panel from './panel.js';
import * as sheet from './sheet.js';
import { words as wordsOf, language } from './words.js';

let view; // the state shown last
let chosen = decodeURIComponent(location.hash.slice(1)); // psid
let busy = false;
let again = false;

/** refresh fetches and draws; while one is under way, another is only remembered. */
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    do {
      again = false;
      let next = await api.state(chosen);
      if (!next.person && next.people.length > 0) {
        choose(next.people[0].psid, false);
        next = await api.state(chosen);
      }
      view = next;
      draw();
      if (view.person?.unread > 0 && document.visibilityState === 'visible') await api.act(chosen, 'look');
    } while (again);
    alive(true);
  } catch (error) {
    alive(false);
    console.warn(error);
  } finally {
    busy = false;
  }
}

function choose(psid, now = true) {
  chosen = psid;
  history.replaceState(null, '', `#${encodeURIComponent(psid)}`);
  sheet.close();
  panels(null);
  if (now) refresh();
}

/** run does something on the server and shows what came of it; errors are told. */
async function run(promise) {
  try {
    await promise;
    toast('');
    await refresh();
    return true;
  } catch (error) {
    toast(error.message);
    return false;
  }
}

const act = (name, more) => run(api.act(chosen, name, more));

function context() {
  const words = wordsOf(view.person.locale);
  const topics = view.person.topics;
  return {
    words, topics, page: view.page.name, locale: view.person.locale,
    sign: JSON.stringify([view.page.name, language(view.person.locale), topics.map((t) => [t.title, t.stopped])]),
    avatar: () => avatar(view.page.name, 'page'),
    async tap(shown, button) {
      if (await act('tap', { mid: shown.mid, button: button.id })) {
        if (button.url) opened(button.url);
        else if (button.type === 'phone_number') opened(`tel:${button.payload}`);
        else $('composer').focus({ preventScroll: true });
      }
    },
    async openCard(shown, card, i) { if (await act('card', { mid: shown.mid, button: `c${i}` })) opened(card.url); },
    accept: (shown) => act('accept', { mid: shown.mid }),
    react: (shown, emoji) => act('react', { mid: shown.mid, text: emoji }),
    open: (address) => opened(address),
    item: async (item) => { sheet.close(); if (await act('item', { label: item.label }) && item.url) opened(item.url); },
    start: () => act('start'),
  };
}

function draw() {
  const me = view.person;
  document.title = `${view.page.name} · phone`;
  document.body.classList.toggle('nobody', !me);
  $('page-name').textContent = $('page-title').textContent = view.page.name;
  const round = document.querySelector('#head .avatar');
  round.replaceWith(avatar(view.page.name, 'page'));
  panel.people(view, chosen, choose);
  panel.clock(view);
  panel.platform(view);
  if (!me) {
    $('log').replaceChildren(h('div', { class: 'intro' }, h('p', {}, 'Nobody has a phone yet.'),
      h('button', { type: 'button', class: 'primary', onclick: addPerson }, 'Add a person')));
    return;
  }
  const now = context();
  const { words } = now;
  $('phone').lang = language(me.locale) || 'en';
  $('page-sub').textContent = words.sub;
  for (const [id, text] of Object.entries({
    'notifications-open': words.notifications, 'more-open': words.more, 'menu-open': words.menu, send: words.send,
    composer: words.write, log: words.chat, 'quick-replies': words.quick,
  })) $(id).setAttribute('aria-label', text);
  $('composer').placeholder = words.write;
  $('menu-open').hidden = view.page.menu.length === 0;
  $('compose').hidden = me.blocked === true;
  $('blocked').hidden = !me.blocked;
  $('blocked').firstElementChild.textContent = words.blocked(view.page.name);
  $('unblock').textContent = words.unblock;
  chat.render(view, now);
  if (sheet.is('notifications')) notifications();
}

// Sheets of the phone.

function opened(address) {
  const { words } = context();
  let safe = null;
  try { safe = ['http:', 'https:'].includes(new URL(address).protocol) ? address : null; } catch { /* not an address */ }
  sheet.open(words.wouldOpen, words.close,
    h('p', { class: 'address', id: 'would-open' }, address),
    safe && h('a', { class: 'primary', href: safe, target: '_blank', rel: 'noopener noreferrer' }, words.open));
}

function notifications() {
  const { words } = context();
  const me = view.person;
  sheet.open(words.notifications, words.close, me.topics.length === 0
    ? h('p', {}, words.noTopics)
    : h('ul', { class: 'topics' }, me.topics.map((t) => h('li', { data: { topic: t.title } },
      h('span', { class: 'lines' }, h('strong', {}, t.title), h('small', {}, t.stopped ? words.stopped : words.on)),
      h('button', {
        type: 'button', class: t.stopped ? 'primary' : 'quiet', data: { label: t.stopped ? words.resume : words.stop },
        onclick: () => act(t.stopped ? 'resume' : 'stop', { title: t.title }),
      }, t.stopped ? words.resume : words.stop)))));
  sheet.name('notifications');
}

function menu() {
  const { words, item } = context();
  sheet.open(words.menu, words.close, h('div', { class: 'list' }, view.page.menu.map((m) => h('button', {
    type: 'button', class: 'entry', data: { label: m.label }, onclick: () => item(m),
  }, m.label))));
}

function more() {
  const { words } = context();
  const then = (name, field) => async (value) => { if (await act(name, field(value))) sheet.close(); };
  const place = (text) => { const [lat, lon] = text.split(',').map(Number); return { lat: lat || 0, lon: lon || 0 }; };
  sheet.open(words.more, words.close,
    sheet.line(words.sendPicture, 'https://…/photo.jpg', words.send, then('image', (text) => ({ text }))),
    sheet.line(words.sendPlace, '48.8566, 2.3522', words.send, then('location', place)),
    sheet.line(words.commentPost, '…', words.send, then('comment', (text) => ({ text }))),
    sheet.line(words.followLink, 'ref', words.send, then('refer', (text) => ({ text }))),
    h('button', { type: 'button', class: 'entry', onclick: async () => { if (await act(view.person?.human ? 'hand_back' : 'take_over')) sheet.close(); } }, view.person?.human ? words.handBack : words.takeOver),
    h('button', { type: 'button', class: 'entry danger', onclick: async () => { if (await act('block')) sheet.close(); } }, words.block));
}

// What stands around the phone.

/** panels opens one of the side panels where they do not fit beside the phone. */
function panels(name) {
  for (const id of ['people', 'platform']) {
    const on = id === name && !$(id).classList.contains('open');
    $(id).classList.toggle('open', on);
    $(`${id}-open`).setAttribute('aria-expanded', String(on));
  }
}

function addPerson() {
  if (getComputedStyle($('people')).position === 'fixed') panels('people');
  $('join').open = true;
  $('join-form').elements.first_name.focus();
}

let hide;
function toast(text) {
  clearTimeout(hide);
  $('toast').textContent = text;
  $('toast').hidden = text === '';
  if (text) hide = setTimeout(() => { $('toast').hidden = true; }, 6000);
}

function alive(yes) {
  document.body.classList.toggle('offline', !yes);
}

async function advance(button) {
  const moves = $('clock-moves');
  if (moves.ariaBusy === 'true') return;
  moves.ariaBusy = 'true';
  await run(api.advance(button.dataset.advance));
  moves.ariaBusy = 'false';
}

function grow() {
  const field = $('composer');
  field.style.height = 'auto';
  field.style.height = `${Math.min(field.scrollHeight, 120)}px`;
  $('compose').classList.toggle('written', field.value.trim() !== '');
}

async function write() {
  const text = $('composer').value.trim();
  if (text === '') return;
  $('composer').value = '';
  grow();
  if (!await act('write', { text }) && $('composer').value === '') {
    $('composer').value = text;
    grow();
  }
}

$('compose').addEventListener('submit', (event) => { event.preventDefault(); write(); });
$('composer').addEventListener('input', grow);
let breaking = false; // shift is down: Enter makes a new line instead of sending
$('composer').addEventListener('keydown', (event) => {
  breaking = event.shiftKey;
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); write(); }
});
$('composer').addEventListener('beforeinput', (event) => {
  if (event.inputType === 'insertLineBreak' && !breaking) event.preventDefault();
});
$('menu-open').addEventListener('click', () => view?.person && menu());
$('more-open').addEventListener('click', () => view?.person && more());
$('notifications-open').addEventListener('click', () => view?.person && notifications());
$('unblock').addEventListener('click', () => act('unblock'));
$('people-open').addEventListener('click', () => panels('people'));
$('platform-open').addEventListener('click', () => panels('platform'));
$('refusals-clear').addEventListener('click', () => run(api.act('', 'clear')));
$('clock-moves').addEventListener('click', (event) => { if (event.target.dataset.advance) advance(event.target); });
$('join-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  try {
    const { psid } = await api.join(Object.fromEntries(new FormData(form)));
    form.elements.first_name.value = form.elements.last_name.value = '';
    $('join').open = false;
    choose(psid);
  } catch (error) {
    toast(error.message);
  }
});
document.addEventListener('keydown', (event) => { if (event.key === 'Escape') panels(null); });
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') refresh(); });
window.addEventListener('hashchange', () => {
  const psid = decodeURIComponent(location.hash.slice(1));
  if (psid && psid !== chosen) choose(psid);
});

const mine = Intl.DateTimeFormat().resolvedOptions();
$('join-form').elements.timezone.value = mine.timeZone;
$('join-form').elements.locale.value = navigator.language.replace('-', '_');
$('zones').append(...Intl.supportedValuesOf('timeZone').map((zone) => h('option', { value: zone })));
api.listen(refresh, alive);
refresh();
