/** Where pictures of the staff are. Whoever reads the chat asks for them here: no other server is to learn who that is. */
export interface StaffPictures {
  /** What a picture is called there, by the address that a message's author has; `undefined` for an address that is not there. */
  nameOf(address: string): string | undefined;
  /**
   * Fetches a picture.
   *
   * @param name as {@link nameOf} has given it, in this process or an earlier one
   * @returns its bytes, not looked into yet; `gone` when there is none, or none of a sensible size, and `unreachable` when it cannot
   * be had now
   */
  fetch(name: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer> | "gone" | "unreachable">;
}

/** For a server whose staff have no pictures. */
export const NO_PICTURES: StaffPictures = {
  nameOf: () => undefined,
  fetch: () => Promise.resolve("gone"),
};
