// The words of a Word document: its main part out of the ZIP (PKWARE's APPNOTE, 4.3) that it is, paragraph by paragraph.

const PART = 'word/document.xml';
/** Bytes of the part that are read: the rest of a longer one is not shown. */
const PART_BYTES_MAX = 16 * 1024 * 1024;
const END = 0x06054b50;
const ENTRY = 0x02014b50;

/** The text, a paragraph a line. */
export async function wordText(buffer) {
  const xml = new DOMParser().parseFromString(await part(buffer), 'application/xml');
  const named = (node, name) => [...node.getElementsByTagName('*')].filter(each => each.localName === name);
  return named(xml, 'p').map(paragraph => [...paragraph.getElementsByTagName('*')].map(piece => {
    if (piece.localName === 't') return piece.textContent;
    if (piece.localName === 'tab') return '\t';
    return piece.localName === 'br' ? '\n' : '';
  }).join('')).join('\n');
}

async function part(buffer) {
  const view = new DataView(buffer);
  let end = buffer.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end -= 1;
  if (end < 0) throw new Error('It is no Word document that could be read.');
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    if (view.getUint32(at, true) !== ENTRY) break;
    const [names, extra, comment] = [28, 30, 32].map(offset => view.getUint16(at + offset, true));
    const name = new TextDecoder().decode(new Uint8Array(buffer, at + 46, names));
    if (name === PART) return unpacked(buffer, view, at);
    at += 46 + names + extra + comment;
  }
  throw new Error('There is no text in it.');
}

async function unpacked(buffer, view, entry) {
  const [method, size, local] = [view.getUint16(entry + 10, true), view.getUint32(entry + 20, true), view.getUint32(entry + 42, true)];
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const bytes = new Blob([new Uint8Array(buffer, start, size)]);
  if (method === 0) return bytes.text();
  const reader = bytes.stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let read = 0; ;) {
    const { value, done } = await reader.read();
    if (done) return text + decoder.decode();
    read += value.byteLength;
    if (read > PART_BYTES_MAX) throw new Error('It is too long to be shown here. Download it to read it.');
    text += decoder.decode(value, { stream: true });
  }
}
