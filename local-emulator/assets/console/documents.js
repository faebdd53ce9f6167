// Documents: all that one may read, and one of them. `#documents?tag=x` is a list, `#documents/ID` a document, and
// `#documents/ID/versions` one of its sides.

import { list } from './documents_list.js';
import { opened } from './document.js';

export function open(root, stopped, rest) {
  if (!rest || rest.startsWith('?')) {
    list(root, stopped, new URLSearchParams(rest));
    return null;
  }
  const [id, view] = rest.split('/');
  return opened(root, stopped, id, view || '');
}
