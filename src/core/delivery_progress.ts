/** How far a delivery has come. */
export interface DeliveryProgress {
  /** All new messages up to this `seq` have arrived. */
  readonly seq?: number;
  /** All changes up to this `rev` have arrived. */
  readonly rev?: number;
  /** The ids that messages have in the receiving service; they replace earlier ones of the same `seq`. */
  readonly remoteIds?: readonly RemoteIds[];
}

/** The ids that one message has in a service, in the order of its parts. */
export interface RemoteIds {
  /** The message. */
  readonly seq: number;
  /** Its ids, one for each part. */
  readonly ids: readonly string[];
}
