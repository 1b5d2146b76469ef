import { readBack } from "./words.ts";

/** How a post begins that holds what found no room any more when a message before it grew; it stands at the thread's end of then. */
const CONTINUED = "*(continued)*";

/**
 * Compares the order of messages in Discord with that in which they were written.
 *
 * @param posts their texts, in the order of the thread
 * @param written the marks of all messages that are to be there, in their order
 * @returns what is out of order, in words; `undefined` when nothing is
 */
export function findDisorder(posts: readonly string[], written: readonly string[]): string | undefined {
  const pushedOut = findPushedOut(posts, written);
  const isLeft = (mark: string): boolean => written.includes(mark) && !pushedOut.has(mark);
  const read = [...readBack(posts).keys()].filter(isLeft);
  const right = written.filter((mark) => isLeft(mark) && read.includes(mark));
  if (read.join() === right.join()) return undefined;
  return `order in Discord: ${read.join(" ")}; written: ${right.join(" ")}`;
}

/** Those that shared a Discord message with one that grew, and had to give way: only they may stand behind what was written after them. */
function findPushedOut(posts: readonly string[], written: readonly string[]): ReadonlySet<string> {
  const from = posts.findIndex((content) => content.includes(CONTINUED));
  if (from === -1) return new Set();
  const before = readBack(posts.slice(0, from));
  const last = written.findLastIndex((mark) => before.has(mark));
  return new Set(
    [...readBack(posts.slice(from)).keys()].filter((mark) =>
      !before.has(mark) && written.indexOf(mark) < last
    ),
  );
}
