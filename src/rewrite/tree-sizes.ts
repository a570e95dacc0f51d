// How many nodes a tree has when it is written out. Inlining shares subtrees: a small object may be an enormous text.
import type { Node } from '../sql/ast.ts';
import { forEachChild } from '../sql/children.ts';

export class TreeSizes {
  readonly #known: WeakMap<Node, number> = new WeakMap();

  of(node: Node): number {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    let size = 1;
    forEachChild(node, (child) => {
      size += this.of(child);
    });
    this.#known.set(node, size);
    return size;
  }
}
