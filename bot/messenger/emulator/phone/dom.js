// Building elements without ever parsing text as HTML.

/** h makes an element: properties first, then children; texts become text nodes, null and false nothing. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'class') element.className = value;
    else if (key === 'data') Object.assign(element.dataset, value);
    else if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

/** $ finds an element by its id. */
export const $ = (id) => document.getElementById(id);

/** initial is the letter of an avatar. */
export const initial = (name) => (Array.from((name ?? '').trim())[0] ?? '?').toLocaleUpperCase();

/** hue is a stable colour for a name, as a class. */
export function hue(name) {
  let sum = 0;
  for (const c of name ?? '') sum = (sum * 31 + c.codePointAt(0)) % 997;
  return `hue${sum % 6}`;
}

/** avatar makes the round letter of a person or Page. */
export const avatar = (name, kind = '') => h('span', { class: `avatar ${kind} ${hue(name)}`, 'aria-hidden': 'true' }, initial(name));

/** reconcile brings the children of parent in line with rows of {key, sign, build}: what has not changed stays. */
export function reconcile(parent, rows) {
  const old = new Map();
  for (const child of parent.children) old.set(child.dataset.key, child);
  let place = parent.firstChild;
  for (const row of rows) {
    let element = old.get(row.key);
    if (!element || element.dataset.sign !== row.sign) {
      const made = row.build();
      made.dataset.key = row.key;
      made.dataset.sign = row.sign;
      if (element) {
        if (place === element) place = element.nextSibling;
        element.remove();
      }
      element = made;
    }
    old.delete(row.key);
    if (element === place) place = place.nextSibling;
    else parent.insertBefore(element, place);
  }
  for (const gone of old.values()) gone.remove();
}

/** digest shortens what a row shows to something that fits an attribute. */
export function digest(value) {
  const text = JSON.stringify(value);
  let a = 5381;
  for (let i = 0; i < text.length; i++) a = (Math.imul(a, 33) ^ text.charCodeAt(i)) >>> 0;
  return `${text.length.toString(36)}.${a.toString(36)}`;
}
