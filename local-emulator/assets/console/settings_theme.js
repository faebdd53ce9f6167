// Light, dark, or as the machine says: kept in this browser.

const KEPT = 'octavo.theme';

/** `auto`, and those that overrule the machine. */
export const THEMES = [['auto', 'as this machine'], ['light', 'light'], ['dark', 'dark']];

/** The one that was chosen. */
export function chosen() {
  let kept = null;
  try { kept = localStorage.getItem(KEPT); } catch { /* Nothing is kept, then. */ }
  return THEMES.some(([name]) => name === kept) ? kept : 'auto';
}

/** Shows the console in it. */
export function wear(theme) {
  if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.dataset.theme = theme;
}

/** Chooses it for as long as this browser remembers. */
export function choose(theme) {
  try { localStorage.setItem(KEPT, theme); } catch { /* Until the page is left, then. */ }
  wear(theme);
}
