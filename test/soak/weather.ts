// Changes what the service of a soak test suffers from, every few seconds.

const plans = [
  "ok",
  "fail(0.05:ProvisionedThroughputExceededException)*2s, ok",
  "reset*3, ok",
  "throttle-shard(1)*1s, ok",
  "reset-mid-answer*2, ok",
  "status(503,retry-after=1)*2, ok",
  "slow(200ms)*10, ok",
  "throttle-all*1s, ok",
  "close*20, ok",
  "lost-answer, ok",
  "fail(0.5:InternalFailure)*10, ok",
] as const;

const turnMs = 4000;

/** Lets the plans go round, until the function that it gives is called. */
export function startWeather(kinesis: { follow(plan: string): void }): () => void {
  let turn = 0;
  const timer = setInterval(() => kinesis.follow(plans[++turn % plans.length] as string), turnMs);
  return () => {
    clearInterval(timer);
    kinesis.follow("ok");
  };
}
