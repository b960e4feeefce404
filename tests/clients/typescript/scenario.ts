// A topic from its raising to its acceptance, through the generated types.

import createClient from "openapi-fetch";
import type { paths } from "./yishi.js";

declare const process: { env: Record<string, string | undefined>; exitCode: number };

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

function check(holds: boolean, found: unknown): asserts holds {
  if (!holds) throw new Error(`unexpected: ${JSON.stringify(found)}`);
}

const tenant = setting("YISHI_TENANT");
const caller = (token: string) =>
  createClient<paths>({ baseUrl: setting("YISHI_ADDRESS"), headers: { Authorization: `Bearer ${setting(token)}` } });
const resident = caller("YISHI_RESIDENT");
const coordinator = caller("YISHI_COORDINATOR");

const raise = (title: string, key?: string) =>
  resident.POST("/v1/{tenant}/topics", {
    params: { path: { tenant }, header: key === undefined ? {} : { "Idempotency-Key": key } },
    body: { unit: setting("YISHI_UNIT"), channel: "online", title, body: "5号楼希望加装电梯。" },
  });

const first = await raise("电梯加装", "from typescript");
const again = await raise("电梯加装", "from typescript");
const topic = first.data?.ids[0];
check(topic !== undefined && again.data?.ids[0] === topic, [first.error, again.data]);

const accept = () =>
  coordinator.POST("/v1/{tenant}/topics/{topic}/acceptance", { params: { path: { tenant, topic } }, body: {} });
const accepted = await accept();
check(accepted.response.status === 200, accepted.error);
const late = await accept();
check(late.error?.status === 409 && late.error.code.length > 0, late);

const wrong = await raise("");
check(wrong.error?.code === "request.bad_field", wrong);

const read = await resident.GET("/v1/{tenant}/topics/{topic}", { params: { path: { tenant, topic } } });
check(read.data?.stage === "accepted", read);
console.log("told", read.data.title);
