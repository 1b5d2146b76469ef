/** Thrown by a receiver that ends, or is not the right one any more: what it has not confirmed waits in storage for the next one. */
export class DeliveryGivenBack extends Error {
  override readonly name = "DeliveryGivenBack";

  /** @param again somebody may be there for it: whoever carries it looks again */
  constructor(readonly again: boolean = false) {
    super("Cannot deliver: nobody takes it at the moment, it waits in storage");
  }
}
