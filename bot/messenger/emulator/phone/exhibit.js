// Media, receipts, coupons and approved templates as elements.

import { h } from './dom.js';
import { buttons, picture } from './message.js';

/** money writes an amount in a currency as the person's language does. */
function money(amount, currency, locale) {
  try {
    return new Intl.NumberFormat((locale || 'en').replace('_', '-'), { style: 'currency', currency }).format(Number(amount));
  } catch {
    return `${amount} ${currency}`;
  }
}

function media(shown, context) {
  const { words } = context;
  return h('article', { class: 'tile' },
    h('button', { type: 'button', class: 'face', title: shown.url, onclick: () => context.open(shown.url) },
      picture('', '', 'photo'),
      h('span', { class: 'lines' }, h('strong', {}, words[shown.media === 'video' ? 'video' : 'picture']), h('small', {}, shown.url.replace(/^https?:\/\/(www\.)?/, '')))),
    buttons(shown.buttons, shown, context));
}

function receipt(shown, context) {
  const r = shown.receipt;
  const { words, locale } = context;
  const sum = (label, amount, kind = '') => amount && h('p', { class: `sum ${kind}` }, h('span', {}, label), h('span', {}, money(amount, r.currency, locale)));
  return h('article', { class: 'tile order', data: { order: r.order } },
    h('div', { class: 'lines' },
      h('strong', {}, r.merchant || words.orderConfirmed),
      h('small', {}, `${words.order} ${r.order}`),
      r.at && h('small', {}, new Date(r.at * 1000).toLocaleDateString((locale || 'en').replace('_', '-')))),
    (r.items ?? []).map((item) => h('div', { class: 'thing' },
      item.image && picture(item.image, '', 'thumb'),
      h('span', { class: 'lines' },
        h('strong', {}, item.title),
        item.subtitle && h('small', {}, item.subtitle),
        item.quantity && item.quantity !== '1' && h('small', {}, `× ${item.quantity}`)),
      h('span', { class: 'price' }, money(item.price, r.currency, locale)))),
    h('div', { class: 'lines' },
      sum(words.subtotal, r.subtotal),
      sum(words.shipping, r.shipping),
      sum(words.tax, r.tax),
      (r.discounts ?? []).map((d) => sum(d.name, `-${d.amount}`)),
      sum(words.total, r.total, 'total'),
      h('small', {}, `${words.paidWith} ${r.payment}`),
      h('small', {}, [r.customer, ...(r.address ?? [])].join(', '))),
    r.url && h('div', { class: 'buttons' }, h('button', { type: 'button', class: 'button', title: r.url, data: { type: 'web_url', label: words.orderPage }, onclick: () => context.open(r.url) }, words.orderPage)));
}

function coupon(shown, context) {
  const c = shown.coupon;
  const { words } = context;
  const reveal = h('button', { type: 'button', class: 'button', data: { label: 'reveal' }, onclick: () => { reveal.textContent = c.code; reveal.classList.add('code'); } }, words.revealCode);
  return [
    h('div', { class: 'bubble' }, c.intro || "Here's a deal just for you!"),
    h('article', { class: 'tile coupon' },
      h('div', { class: 'face' },
        c.image && picture(c.image, '', 'photo'),
        h('span', { class: 'lines' }, h('strong', {}, c.title), h('small', {}, c.subtitle || 'Terms may apply.'))),
      c.code && h('div', { class: 'buttons' }, reveal),
      buttons(shown.buttons, shown, context)),
  ];
}

function model(shown, context) {
  const t = shown.model;
  return h('article', { class: 'tile plain model' },
    h('div', { class: 'lines' },
      h('small', {}, `${context.words.template} · ${t.language}`),
      h('strong', {}, t.name),
      (t.values ?? []).map((v, i) => h('p', { class: 'sum' }, h('span', {}, v.name || `{{${i + 1}}}`), h('span', {}, v.text)))),
    buttons(shown.buttons, shown, context));
}

/** exhibit builds what is neither text, file nor cards. */
export function exhibit(shown, context) {
  switch (shown.kind) {
    case 'media': return media(shown, context);
    case 'receipt': return receipt(shown, context);
    case 'coupon': return coupon(shown, context);
  }
  return model(shown, context);
}
