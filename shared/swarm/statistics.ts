/** Totals since the engine was made. */
export class Statistics {
  bytesFromPeers = 0;
  bytesFromServer = 0;
  bytesToPeers = 0;
  controlBytesSent = 0;
  /** Verified and delivered, by where the copy came from. */
  packetsFromPeers = 0;
  packetsFromServer = 0;
  /** Signature wrong, or no packet at all. */
  packetsRejected = 0;
  packetsDuplicate = 0;
  /** Older than the ring, of another epoch, too far ahead, or over the bound of the verification queue. */
  packetsIgnored = 0;
  packetsUnsolicited = 0;
  /** Never came before playback had passed them. */
  packetsLost = 0;
  pushesDropped = 0;
  rescues = 0;
  requestsSent = 0;
  repairsSent = 0;
  parentsFound = 0;
  parentsLost = 0;
  evictions = 0;
  refusals = 0;
  slotsShed = 0;
}
