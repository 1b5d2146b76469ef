import { deepEqual } from "node:assert/strict";
import type { MarkupNode as Told } from "../../src/discord/mod.ts";
import { plain } from "../../src/discord/text/markup.ts";
import type { MarkupNode as Shown } from "../../src/web/protocol.ts";

/** Whether two types are the same to the compiler, and not just fit one another in one direction. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** The kinds of nodes, each by itself: the compiler then names the one that differs. */
type Kind<Node extends { readonly type: string }, Type> = Extract<Node, { readonly type: Type }>;

type Kinds<Node extends { readonly type: string }> = {
  readonly [Type in Node["type"]]: keyof Kind<Node, Type>;
};

// Adapters do not import each other, so the tree that Discord's side makes and the one that browsers get are written down
// twice. They differ when one of these lines does not compile.
const sameKinds: Same<Told["type"], Shown["type"]> = true;
const sameFields: Same<Kinds<Told>, Kinds<Shown>> = true;
const toldIsShown = (node: Told): Shown => node;
const shownIsTold = (node: Shown): Told => node;
// And they would notice: another kind, another field, another value.
const otherKind: Same<(Told | { readonly type: "table" })["type"], Shown["type"]> = false;
const otherField: Same<
  Kinds<
    Exclude<Told, { type: "code" }> | { readonly type: "code"; readonly text: string; readonly line?: 1 }
  >,
  Kinds<Shown>
> = false;
// @ts-expect-error the level of a heading is 1, 2 or 3
const otherValue: Shown = { type: "heading", level: 4, children: [] } satisfies { level: number };

Deno.test("MarkupNode is the same in Discord's adapter and in the protocol", () => {
  deepEqual([sameKinds, sameFields, otherKind, otherField], [true, true, false, false]);
  const node: Told = { type: "list", ordered: true, start: 2, items: [[{ type: "text", text: "a" }]] };
  deepEqual(plain([shownIsTold(toldIsShown(node))]), "2. a");
  deepEqual(otherValue.type, "heading");
});
