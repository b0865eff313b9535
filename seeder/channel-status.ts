/**
 *   starting ──first door──► live ◄──tags──► waiting ──silence──► ended ──tags (new epoch)──► live
 *       └──feed fails──► failed ──tags──► live
 */
export type ChannelStatus = 'starting' | 'live' | 'waiting' | 'ended' | 'failed';
