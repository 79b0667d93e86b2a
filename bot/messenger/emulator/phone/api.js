// The page's side of the emulator's endpoints. Every address is relative.

async function call(address, body) {
  const answer = await fetch(address, body === undefined ? { cache: 'no-store' } : {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(value.error?.message ?? `the server answered ${answer.status}`);
  return value;
}

/** state is what the phone of that person shows. */
export const state = (person) => call(`state?person=${encodeURIComponent(person ?? '')}`);

/** act does something as a person. */
export const act = (person, name, more = {}) => call('act', { person, act: name, ...more });

/** join adds a person; their psid comes back. */
export const join = (person) => call('join', person);

/** advance moves the clock: "1h", "24h", "next". */
export const advance = (to) => call('clock', { advance: to });

/** listen calls back whenever something changed, and says whether the server is there. */
export function listen(changed, alive) {
  const stream = new EventSource('events');
  stream.onmessage = () => { alive(true); changed(); };
  stream.onerror = () => alive(false);
  return stream;
}
