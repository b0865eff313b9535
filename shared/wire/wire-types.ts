/** First byte of every wire message. From 32 on: messages that carry a packet and travel on the data channel. */
export const WIRE_TYPE = {
  hello: 1,
  have: 2,
  subscribe: 3,
  accept: 4,
  refuse: 5,
  unsubscribe: 6,
  evict: 7,
  path: 8,
  request: 9,
  missing: 10,
  ping: 11,
  pong: 12,
  bye: 13,
  push: 32,
  repair: 33,
} as const;

export const DATA_TYPE_MIN = 32;
