// Known secrets are hidden wherever they occur, and nothing else is.
import { describe, expect, it } from "vitest";
import { Secrets } from "../../../src/telemetry/secrets.js";

function knowing(...known: string[]): Secrets {
  const secrets = new Secrets();
  for (const secret of known) secrets.keep(secret);
  return secrets;
}

describe("a known secret", () => {
  it("is hidden at each occurrence in a text", () => {
    const secrets = knowing("external-42");
    expect(secrets.hide("external-42 of external-42: no external-43")).toBe("… of …: no external-43");
  });

  it("is hidden in its URL-encoded form too", () => {
    expect(knowing("a/b+c=d").hide("ExternalId=a%2Fb%2Bc%3Dd&x=a/b+c=d")).toBe("ExternalId=…&x=…");
  });

  it("is hidden whole when another secret is a part of it", () => {
    expect(knowing("secret", "secret-of-more").hide("secret-of-more, secret")).toBe("…, …");
  });

  it("may hold special characters of patterns and replacements", () => {
    expect(knowing("$&.*(x[").hide("a $&.*(x[ b")).toBe("a … b");
  });

  it("may hold a lone surrogate", () => {
    expect(knowing("secret\ud800").hide("a secret\ud800 b")).toBe("a … b");
  });

  it.each([[5, false], [6, true], [7, true]])("of %i characters is hidden: %s", (characters, isHidden) => {
    const secret = "abcdefgh".slice(0, characters);
    expect(knowing(secret).hide(`x ${secret} y`) === "x … y").toBe(isHidden);
  });

  it("that is missing or empty hides nothing", () => {
    const secrets = knowing("");
    secrets.keep(undefined);
    secrets.note(undefined);
    expect(secrets.hide("text")).toBe("text");
    expect(secrets.longest).toBe(0);
  });

  it("of credentials is forgotten after a hundred newer ones, but a secret of an option is kept", () => {
    const secrets = knowing("of-an-option");
    for (let fetch = 0; fetch <= 100; fetch++) secrets.note(`session-token-${fetch}-`);
    expect(secrets.hide("of-an-option session-token-0- session-token-1- session-token-100-")).toBe("… session-token-0- … …");
  });

  it("that is used again counts as the newest", () => {
    const secrets = knowing();
    for (let fetch = 0; fetch < 100; fetch++) secrets.note(`session-token-${fetch}-`);
    secrets.note("session-token-0-");
    secrets.note("another-token");
    expect(secrets.hide("session-token-0- session-token-1-")).toBe("… session-token-1-");
  });
});
