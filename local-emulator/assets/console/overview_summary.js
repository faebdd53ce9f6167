// The line at the top of every page: whether everything is well, and the way to what is not.

import { emulator, poll } from './api.js';
import { make } from './dom.js';

const EVERY = 3000;

export function watch() {
  const line = document.getElementById('summary');
  let last = null;
  const say = (text, ...nodes) => {
    // Said once: who listens is not told the same again and again.
    if (text === last) return;
    last = text;
    line.replaceChildren(...nodes);
  };
  poll({ aborted: false }, EVERY, async () => {
    try {
      const { attention } = await emulator('/_octavo/overview');
      const down = attention.filter(one => one.state === 'down').length;
      const text = attention.length === 1 ? '1 thing needs attention' : `${attention.length} things need attention`;
      if (attention.length) say(`${text}${down}`, make('a', { href: '#overview', class: down ? 'down' : 'starting' }, text));
      else say('everything is up', 'everything is up');
    } catch (error) {
      say(error.message, `the emulator does not answer: ${error.message}`);
    }
  });
}
