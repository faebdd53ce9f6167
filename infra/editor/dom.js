// Stands in for lib0/dom in y-codemirror.next. It sets `style` as an attribute, which the console's policy refuses
// (`style-src 'self'`: no styles in markup); as properties they are allowed. Nothing else of it differs.

export const text = content => document.createTextNode(content);

export function element(name, attributes = [], children = []) {
  const node = document.createElement(name);
  for (const { left, right } of attributes) {
    if (left === 'style') node.style.cssText = right;
    else node.setAttribute(left, right);
  }
  node.append(...children);
  return node;
}
