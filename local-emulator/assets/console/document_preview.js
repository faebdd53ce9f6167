// A version's body as a reader sees it. Nothing in it becomes markup of this page: Markdown becomes nodes, HTML and PDF go into
// a frame that may do nothing, Word is read for its words.

import { emulator, raw } from './api.js';
import { make, nothing } from './dom.js';
import { wordText } from './document_docx.js';
import { markdown } from './document_markdown.js';

/** Bytes of HTML that the frame takes. */
const FRAMED_BYTES_MAX = 1024 * 1024;
/** Characters of a text that are laid out; more would make the page stand still. */
const SHOWN_CHARS_MAX = 400_000;
const WORD = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

/** The newest version. */
export const preview = (place, stopped, subject) => body(place, stopped, subject.content, `/v1/documents/${subject.id}/content`, subject.title);

/** The body at `path`, which `content` tells about. */
export async function body(place, stopped, content, path, title) {
  place.replaceChildren(make('p', { class: 'soft', role: 'status' }, 'One moment…'));
  try {
    const found = await shown(content, await raw(path), title);
    if (!stopped.aborted) place.replaceChildren(...found);
  } catch (error) {
    if (!stopped.aborted) place.replaceChildren(make('p', { class: 'fault', role: 'alert' }, error.message));
  }
}

async function shown(content, response, title) {
  const type = content.media_type;
  if (type === 'application/pdf') return [await framed(await response.blob(), type, title)];
  if (type === WORD) return text(await wordText(await response.arrayBuffer()));
  const said = await response.text();
  if (!said.trim()) return [nothing('It is empty', 'There is no word in it yet.')];
  if (type === 'text/html' && content.size <= FRAMED_BYTES_MAX) return [await framed(said, type, title)];
  if (type !== 'text/markdown') return text(said);
  const cut = said.slice(0, SHOWN_CHARS_MAX);
  return [make('article', { class: 'prose', tabIndex: 0, 'aria-label': title }, markdown(cut)), rest(said)];
}

const text = said => [make('div', { class: 'paper whole', tabIndex: 0, role: 'group', 'aria-label': 'Text of the document' }, said.slice(0, SHOWN_CHARS_MAX)), rest(said)];
const rest = said => said.length > SHOWN_CHARS_MAX ? make('p', { class: 'soft' }, 'It goes on: this is its beginning. Download it to read the rest.') : '';

async function framed(what, type, title) {
  const { number } = await emulator('/_octavo/preview', { method: 'POST', body: what, headers: { 'content-type': type } });
  // A browser's reader of PDF does not run in a sandbox; the answer's own policy says what the file may do.
  const sandbox = type === 'text/html' ? { sandbox: 'allow-popups allow-popups-to-escape-sandbox' } : {};
  return make('iframe', { class: 'framed', title: `Document: ${title}`, src: `/console/preview/${number}`, ...sandbox });
}

/** The words of a version, one line a line; null where a browser cannot read them. */
export async function words(content, path) {
  const response = await raw(path);
  if (content.media_type === 'application/pdf') return null;
  return content.media_type === WORD ? wordText(await response.arrayBuffer()) : response.text();
}
