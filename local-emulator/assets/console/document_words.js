// What is said about documents in several places.

/** Formats, as the API and as people name them. */
export const FORMATS = [
  ['text/markdown', 'Markdown'], ['text/html', 'HTML'], ['text/plain', 'Text'], ['application/pdf', 'PDF'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'Word'],
];
/** Formats that can be typed in, and edited together. */
export const WRITTEN = ['text/markdown', 'text/html', 'text/plain'];
/** What an upload may have, bytes; the API says the same of a larger one, but only after it was sent. */
export const BODY_BYTES_MAX = 4 * 1024 * 1024;

export const format = type => (FORMATS.find(([known]) => known === type) || [type, type])[1];

/** What one may do with it. */
export const access = one => one.access === 'owner' ? 'yours' : `${one.owner}’s, you may ${one.access === 'editor' ? 'change' : 'read'} it`;

/** The entity tag of the revision that one looks at. */
export const etag = one => `"r${one.revision}"`;

/** Who a share is with: `user:bob`, `group:legal`. */
export const reader = text => text.startsWith('group:') ? `group ${text.slice(6)}` : text.replace(/^user:/, '');

/** Parameters of an address, without those that say nothing. */
export function asked(members) {
  const wanted = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    for (const each of Array.isArray(value) ? value : [value]) if (each !== '' && each !== null && each !== undefined && each !== false) wanted.append(name, each);
  }
  const text = wanted.toString();
  return text ? `?${text}` : '';
}
