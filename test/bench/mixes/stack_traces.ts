// Makes Java stack traces: long strings with a newline and a tab in each line, all of which JSON escapes.
const packages = ["com.example.checkout.order", "org.springframework.web.servlet", "org.apache.catalina.core", "java.util.concurrent"];
const types = ["OrderService", "DispatcherServlet", "ApplicationFilterChain", "ThreadPoolExecutor", "PaymentClient"];
const exceptions = ["java.lang.IllegalStateException", "java.net.SocketTimeoutException", "java.lang.NullPointerException"];

/** Returns the body of one record: about 3 KB of JSON. */
export function stackTrace(random: () => number): Record<string, unknown> {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = (list: readonly string[]) => list[below(list.length)] as string;
  const frames = Array.from({ length: 15 + below(30) }, () => {
    const type = pick(types);
    return `\tat ${pick(packages)}.${type}.handle$${below(9)}(${type}.java:${below(900)})\n`;
  });
  const cause = `Caused by: ${pick(exceptions)}: order "${below(1e6)}" is in state 'C:\\temp\\${below(99)}'\n`;
  return {
    stream: "stderr",
    level: "ERROR",
    thread: `http-nio-8080-exec-${below(200)}`,
    log: `${pick(exceptions)}: request failed\n${frames.join("")}${cause}\t... ${below(60)} more\n`,
    kubernetes: { pod_name: `checkout-${below(1e9).toString(36)}`, namespace_name: "shop", container_name: "server" },
  };
}
