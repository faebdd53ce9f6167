// What the overview says, asked once for everybody who shows something of it: the line at the top says what the page says.

import { emulator } from './api.js';

const hearing = new Set();

/** Tells `hear(overview)` of every answer from now on, whoever asked. */
export const heard = hear => hearing.add(hear);

/** Asks. */
export async function seen() {
  const now = await emulator('/_octavo/overview');
  for (const hear of hearing) hear(now);
  return now;
}
