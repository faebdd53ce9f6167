// The line at the top of every page: whether everything is well, and the way to what is not.

import { poll } from './api.js';
import { make } from './dom.js';
import { heard, seen } from './overview_seen.js';

const EVERY = 3000;

export function watch() {
  const line = document.getElementById('summary');
  let last = null;
  let told = 0;
  const say = (text, ...nodes) => {
    // Said once: who listens is not told the same again and again.
    if (text === last) return;
    last = text;
    line.replaceChildren(...nodes);
  };
  heard(({ attention }) => {
    told = performance.now();
    const down = attention.filter(one => one.state === 'down').length;
    const text = attention.length === 1 ? '1 thing needs attention' : `${attention.length} things need attention`;
    if (attention.length) say(`${text}${down}`, make('a', { href: '#overview', class: down ? 'down' : 'starting' }, text));
    else say('everything is up', 'everything is up');
  });
  poll({ aborted: false }, EVERY, async () => {
    // A page that asks for itself has told it already.
    if (told && performance.now() - told < EVERY) return;
    try {
      await seen();
    } catch (error) {
      say(error.message, `the emulator does not answer: ${error.message}`);
    }
  });
}
