/**
 * A node of formatted text as browsers get it. The same shape, in JSON, as the `MarkupNode` of the WebSocket protocol;
 * defined here once more because adapters do not know each other.
 */
export type MarkupNode =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "break" }
  | {
    readonly type: "bold" | "italic" | "underline" | "strike" | "spoiler" | "quote";
    readonly children: readonly MarkupNode[];
  }
  | { readonly type: "code"; readonly text: string }
  | { readonly type: "codeblock"; readonly text: string; readonly language?: string }
  | { readonly type: "heading"; readonly level: 1 | 2 | 3; readonly children: readonly MarkupNode[] }
  | {
    readonly type: "list";
    readonly ordered: boolean;
    readonly start?: number;
    readonly items: readonly (readonly MarkupNode[])[];
  }
  | { readonly type: "link"; readonly url: string; readonly children: readonly MarkupNode[] }
  | { readonly type: "mention"; readonly text: string }
  | { readonly type: "timestamp"; readonly at: number; readonly style: string };
