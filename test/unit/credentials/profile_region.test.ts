// Tests the region of a profile in the shared files.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readProfileRegion } from "../../../src/credentials/profile_region.js";
import { maxFileBytes } from "../../../src/network/bounded_file.js";
import { CredentialSettings } from "../../support/credential_settings.js";

let settings: CredentialSettings;
beforeEach(() => (settings = new CredentialSettings()));
afterEach(() => settings.remove());

const regionOf = async (profile?: string) => (await readProfileRegion(profile, process.env)).region;

describe("a profile", () => {
  beforeEach(() => {
    settings.write("config", "[default]\nregion = us-west-1\n[profile own]\nregion = us-west-2\n[profile both]\nregion = us-west-2\n");
    settings.write("credentials", "[own]\naws_access_key_id = A\n[both]\nregion = eu-west-1\n[keys]\nregion = eu-west-2\n");
  });

  it.each([
    [undefined, "us-west-1"],
    ["", "us-west-1"],
    ["own", "us-west-2"],
    ["keys", "eu-west-2"],
    ["none", ""],
  ])("%j has the region '%s'", async (profile, region) => {
    expect(await regionOf(profile)).toBe(region);
  });

  it("with a region in both files has that of the credentials file, as for the SDK's clients", async () => {
    expect(await regionOf("both")).toBe("eu-west-1");
  });

  it("named by AWS_PROFILE is used only without the option profile", async () => {
    vi.stubEnv("AWS_PROFILE", "keys");
    expect([await regionOf(), await regionOf("own")]).toEqual(["eu-west-2", "us-west-2"]);
  });

  it("is read from the home folder's files when no variable names others", async () => {
    vi.stubEnv("AWS_CONFIG_FILE", undefined);
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "");
    const { region, place } = await readProfileRegion(undefined, process.env);
    expect(region).toBe("");
    expect(place).toBe(`profile 'default' of ${settings.home}/.aws/config and ${settings.home}/.aws/credentials`);
  });
});

it("an unreadable file is reported with the place", async () => {
  vi.stubEnv("AWS_CONFIG_FILE", settings.write("large", "x".repeat(maxFileBytes + 1)));
  const { region, place } = await readProfileRegion("p", process.env);
  expect(region).toBe("");
  expect(place).toMatch(/^profile 'p' of .*large and .*credentials \(AWS_CONFIG_FILE names .*large, which has more than \d+ bytes/);
});
