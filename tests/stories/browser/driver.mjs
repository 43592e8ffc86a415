// SPDX-License-Identifier: MIT
//
// A browser with one page, driven by a JSON line at a time on standard input;
// each is answered with one on standard output.
//
//     driver.mjs PLAYWRIGHT CHROMIUM

import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const [playwright, executablePath] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(playwright);
// As root Chromium has no sandbox; what it shows here is ours.
const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--no-proxy-server"],
});
const page = await browser.newPage();
const said = [];
page.on("console", (message) => said.push(message.text()));
page.on("pageerror", (error) => said.push(String(error)));

const texts = () => page.locator("li").allTextContents();
const acts = {
    goto: async ({ url }) => { await page.goto(url); },
    reload: async () => { await page.reload(); },
    // Once the page has so many updates, or a time is over: all of them.
    wait: async ({ count, timeout }) => {
        await page.waitForFunction(
            (n) => document.querySelectorAll("li").length >= n, count,
            { timeout }).catch(() => {});
        return texts();
    },
    state: async ({ text, timeout }) => {
        await page.waitForFunction(
            (t) => document.getElementById("state").textContent.includes(t),
            text, { timeout }).catch(() => {});
        return page.locator("#state").textContent();
    },
    run: async ({ script }) => page.evaluate(script),
    said: async () => said,
};

process.stdout.write("{}\n");
for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    let answer;
    try {
        answer = { value: await acts[order.act](order) ?? null };
    } catch (error) {
        answer = { error: String(error) };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser.close();
