/** Thrown by a receiver that ends: what it has not confirmed waits in storage for the next one. */
export class DeliveryGivenBack extends Error {
  override readonly name = "DeliveryGivenBack";

  /** @param again the receiver is still there: it wants what it gave back once more */
  constructor(readonly again: boolean = false) {
    super("Cannot deliver: nobody takes it at the moment, it waits in storage");
  }
}
