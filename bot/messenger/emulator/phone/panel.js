// What stands beside the phone: people, the clock, and what the platform thinks.

import { $, h, avatar, digest, reconcile, hue, initial } from './dom.js';
import { brief, full, hour } from './time.js';

/** people lists everyone; choose is called with a psid. */
export function people(view, chosen, choose) {
  reconcile($('people-list'), view.people.map((p) => ({
    key: p.psid,
    sign: digest([p, p.psid === chosen, hour(view.now, p)]),
    build: () => h('li', {}, h('button', {
      type: 'button', class: 'someone', 'aria-current': p.psid === chosen ? 'true' : null,
      data: { psid: p.psid, name: p.first_name }, onclick: () => choose(p.psid),
    },
    avatar(p.first_name),
    h('span', { class: 'lines' },
      h('strong', {}, [p.first_name, p.last_name].filter(Boolean).join(' ')),
      h('small', {}, p.blocked ? 'Blocked the Page' : p.last || 'No messages yet'),
      h('small', { class: 'where' }, [p.locale, p.timezone && `${p.timezone.split('/').pop().replaceAll('_', ' ')} ${hour(view.now, p)}`].filter(Boolean).join(' · '))),
    p.unread > 0 && h('span', { class: 'unread', 'aria-label': `${p.unread} unread` }, String(p.unread)))),
  })));
  const me = view.people.find((p) => p.psid === chosen);
  const round = $('people-open').querySelector('.avatar');
  round.textContent = initial(me?.first_name);
  round.className = `avatar ${hue(me?.first_name)}`;
  $('who').textContent = me?.first_name ?? 'People';
  $('people-open').setAttribute('aria-label', `People: ${me?.first_name ?? 'nobody'}`);
}

/** clock shows the platform's time where the person is. */
export function clock(view) {
  const me = view.person;
  $('now').textContent = brief(view.now, me);
  $('now').dateTime = view.now;
  $('now').title = full(view.now, me);
  $('zone').textContent = me?.timezone || 'UTC';
  $('clock-moves').hidden = !view.clock;
  $('status-time').textContent = hour(view.now, me);
}

/** platform shows the window, what the bot did not take, and what was refused. */
export function platform(view) {
  const me = view.person;
  reconcile($('window'), me ? [{
    key: 'window', sign: digest([me.open, me.until, me.topics, me.first_name, me.blocked]), build: () => windowCard(me),
  }] : []);
  const mine = view.waiting.filter((w) => w.tries > 0);
  reconcile($('waiting'), [
    view.failing && view.listens && { key: 'failing', sign: view.failing, build: () => h('p', { class: 'card alarm' }, 'No webhook was answered with 200 for a quarter of an hour or more. After an hour the platform may give up on the bot.') },
    !view.listens && { key: 'left', sign: '', build: () => h('p', { class: 'card alarm' }, 'The platform gave up on the bot: no webhook was answered with 200 for an hour. Subscribe it again.') },
    mine.length > 0 && { key: 'late', sign: digest([mine, me?.timezone]), build: () => h('p', { class: 'card alarm' },
      `The bot did not take ${mine.length === 1 ? 'a webhook' : `${mine.length} webhooks`} (last answer ${mine[0].status}). Next try ${brief(mine[0].next, me)}.`) },
  ].filter(Boolean));
  refusals(view);
}

function windowCard(me) {
  let text = `${me.first_name} has not written yet: the Page may not write.`;
  if (me.blocked) text = `${me.first_name} blocked the Page: everything is refused.`;
  else if (me.open) text = `The Page may write freely until ${brief(me.until, me)}.`;
  else if (me.until) text = `The 24-hour window closed on ${brief(me.until, me)}.`;
  return h('div', { class: me.open && !me.blocked ? 'good' : 'shut' },
    h('p', {}, h('i', { class: 'lamp', 'aria-hidden': 'true' }), text),
    me.topics.length > 0 && h('ul', {}, me.topics.map((t) => h('li', { data: { topic: t.title } }, h('strong', {}, t.title), ' ',
      h('small', {}, t.stopped ? 'stopped by them' : t.next ? `one notification, not before ${brief(t.next, me)}` : 'one notification may go now')))));
}

function refusals(view) {
  const me = view.person;
  const list = view.refusals;
  $('refusal-count').textContent = String(list.length);
  $('platform-open').classList.toggle('some', list.length > 0);
  $('platform-open').setAttribute('aria-label', `What the platform refused: ${list.length}`);
  $('refusals-clear').hidden = list.length === 0;
  reconcile($('refusals'), list.length ? list.map((r, i) => ({
    key: `r${list.length - i}.${r.at}`,
    sign: digest([r, me?.timezone]),
    build: () => h('li', { class: 'refusal', data: { code: r.subcode ? `${r.code}/${r.subcode}` : String(r.code) } },
      h('div', { class: 'row' }, h('code', {}, r.subcode ? `${r.code}/${r.subcode}` : String(r.code)), h('time', { datetime: r.at }, brief(r.at, me))),
      h('p', {}, r.why),
      r.text && h('blockquote', {}, r.name ? `To ${r.name}: ${r.text}` : r.text),
      h('small', {}, r.message)),
  })) : [{ key: 'none', sign: '', build: () => h('li', { class: 'none' }, 'Nothing so far. When the platform turns a message down, the reason shows up here.') }]);
}
