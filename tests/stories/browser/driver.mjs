// SPDX-License-Identifier: MIT
//
// A browser with one page, driven by a JSON line at a time on standard input;
// each is answered with one on standard output.
//
//     driver.mjs NODE_MODULES CHROMIUM

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const [modules, executablePath] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(
    `${modules}/playwright-core`);
const axe = readFileSync(`${modules}/axe-core/axe.min.js`, "utf8");
// As root Chromium has no sandbox; what it shows here is ours.
const browser = await chromium.launch({
    executablePath, timeout: 0,
    args: ["--no-sandbox", "--disable-gpu", "--no-proxy-server",
        "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update"],
});
let page;
const said = [], wrong = [];

// A page as of somebody who was never here.
async function begin() {
    await page?.context().close();
    said.length = wrong.length = 0;
    page = await browser.newPage();
    // However slow the machine is: who drives this has patience of his own.
    page.setDefaultTimeout(0);
    listen();
}

function listen() {
    page.on("console", (message) => {
        said.push(message.text());
        // What is not there is the story's business; what the page may not do,
        // and what it did not catch, is the page's.
        if (message.type() === "error"
            && !message.text().startsWith("Failed to load resource"))
            wrong.push(message.text());
    });
    page.on("pageerror", (error) => {
        said.push(String(error));
        wrong.push(String(error));
    });
    page.on("dialog", (dialog) => {
        wrong.push(`a dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
}

// Every text of an answer becomes one that would be markup.
const MARKUP = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>";
const poisoned = (value) => typeof value === "string" ? MARKUP + value
    : Array.isArray(value) ? value.map(poisoned)
    : value && typeof value === "object" ? Object.fromEntries(
        Object.entries(value).map(([name, of]) => [name, poisoned(of)]))
    : value;

const texts = () => page.locator("li").allTextContents();
const found = ({ where }) => page.locator(where);
const acts = {
    goto: async ({ url }) => { await page.goto(url); },
    begin,
    reload: async () => { await page.reload(); },
    // Once the page has so many updates, or a time is over: all of them.
    wait: async ({ count, timeout }) => {
        await page.waitForFunction(
            (n) => document.querySelectorAll("li").length >= n, count,
            { timeout }).catch(() => {});
        return texts();
    },
    // As it was when it said so: it may say something else by now.
    state: async ({ text, timeout }) => {
        const seen = await page.waitForFunction((t) => {
            const said = document.getElementById("state").textContent;
            return said.includes(t) ? said : null;
        }, text, { timeout }).catch(() => null);
        return seen ? seen.jsonValue() : page.locator("#state").textContent();
    },
    run: async ({ script }) => page.evaluate(script),
    said: async () => said,
    sees: async ({ text, timeout, ...order }) => {
        await found(order).filter({ hasText: text }).first()
            .waitFor({ state: "attached", timeout })
            .catch(async () => {
                throw new Error(`no "${text}" in: ${
                    (await page.locator("body").innerText()).slice(0, 1500)}`);
            });
    },
    misses: async ({ text, timeout, ...order }) => {
        await page.waitForFunction(([where, t]) =>
            ![...document.querySelectorAll(where)].some((one) =>
                one.textContent.includes(t)), [order.where, text],
        { timeout });
    },
    // `force`: even what says that it cannot be.
    click: async ({ role, name, where = "body", force, exact = true,
        timeout }) => {
        await found({ where }).getByRole(role, { name, exact }).first()
            .click({ timeout, force });
    },
    fill: async ({ label, value, timeout }) => {
        await page.getByLabel(label, { exact: true }).last()
            .fill(value, { timeout });
    },
    press: async ({ key }) => { await page.keyboard.press(key); },
    type: async ({ text }) => { await page.keyboard.type(text); },
    focused: async () => page.evaluate(() => {
        const one = document.activeElement;
        const named = one.getAttribute("aria-label")
            ?? one.labels?.[0]?.textContent ?? one.textContent ?? "";
        return `${one.tagName.toLowerCase()} ${named.trim()}`;
    }),
    look: async ({ scheme, width, height }) => {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height });
    },
    // Its script goes past the policy of the page, which is not weakened.
    axe: async () => {
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() =>
            window.axe.run({ resultTypes: ["violations"] }));
        return violations.map(({ id, help, nodes }) =>
            `${id}: ${help}: ${nodes.map((node) => node.html).join(" ")}`);
    },
    poison: async ({ url }) => {
        await page.route(url, async (route) => {
            const response = await route.fetch();
            const json = await response.json().catch(() => ({}));
            await route.fulfill({ response, json: poisoned(json) });
        });
    },
    complaints: async () => wrong,
    shot: async ({ path, whole }) => {
        await page.screenshot({ path, fullPage: Boolean(whole) });
    },
};

await begin();
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
