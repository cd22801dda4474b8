// Makes access logs of a web server as flat JSON: short strings, many numbers.
const methods = ["GET", "GET", "GET", "POST", "PUT", "DELETE"];
const hosts = ["shop.example.com", "api.example.com", "static.example.com"];
const agents = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5",
  "curl/8.5.0",
  "kube-probe/1.29",
];

/** Returns the body of one record: about 450 bytes of JSON. */
export function accessLog(random: () => number): Record<string, unknown> {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = (list: readonly string[]) => list[below(list.length)] as string;
  const address = `203.0.${below(256)}.${below(256)}`;
  return {
    remote_addr: address,
    remote_user: random() < 0.1 ? `user${below(1000)}` : null,
    time_iso8601: `2026-03-0${1 + below(9)}T1${below(10)}:${10 + below(50)}:${10 + below(50)}+00:00`,
    request_method: pick(methods),
    host: pick(hosts),
    uri: `/items/${below(100_000)}?page=${below(40)}&sort=price`,
    status: random() < 0.95 ? 200 : 404,
    bytes_sent: below(200_000),
    request_time: below(3000) / 1000,
    upstream_response_time: below(2500) / 1000,
    referer: random() < 0.5 ? "-" : `https://${pick(hosts)}/search?q=${below(1000)}`,
    user_agent: pick(agents),
    x_forwarded_for: [address, `10.0.${below(256)}.${below(256)}`],
    cached: random() < 0.3,
  };
}
