import { expect, it } from "vitest";
import { ethernet, ipv4, packet, tcp, zeros } from "../support/packets/index.js";
import { describeExample } from "./subject.js";

describeExample("drop", (subject) => {
  it("drops everything", () => {
    expect(subject().run(packet(ethernet(), ipv4(), tcp())).verdict).toBe("DROP");
    expect(subject().run(packet(ethernet())).verdict).toBe("DROP");
    expect(subject().run(packet(ethernet(), zeros(1000))).verdict).toBe("DROP");
  });
});
