// The admin API: asks, and says in what way it went wrong.
const root = new URL("../admin/", document.baseURI);
const PATIENCE_MS = 20000;
const KEY = "websubd-token";

export class Trouble extends Error {
    // "away": the hub does not answer. "token": it does not know us.
    // "right": we may look only. "busy": come again. "refused": the rest.
    constructor(kind, message, status = 0) {
        super(message);
        this.kind = kind;
        this.status = status;
    }
}

export const session = {
    token: sessionStorage.getItem(KEY),
    right: null, // "admin", "view"; null: it has not shown yet
    reason: "",  // why one has to sign in again
    listeners: new Set(),
    changed() { for (const listener of this.listeners) listener(); },
    begin(token) {
        this.token = token;
        this.reason = "";
        sessionStorage.setItem(KEY, token);
        this.changed();
    },
    end(reason = "") {
        this.token = null;
        this.right = null;
        this.reason = reason;
        sessionStorage.removeItem(KEY);
        this.changed();
    },
    setRight(right) {
        if (right && right !== this.right) {
            this.right = right;
            this.changed();
        }
    },
};

const wrongToken = "This token is not known here, has expired, or has no "
    + "right to use the console.";

function problem(status, said, retry) {
    const again = retry ? ` Try again in ${retry} s.` : "";
    if (status === 401)
        return new Trouble("token", wrongToken, status);
    if (status === 403)
        return new Trouble("right", said || "This token may only look.",
            status);
    if (status === 429 || status === 503)
        return new Trouble("busy", (said || "The hub is busy.") + again,
            status);
    if (status === 502 || status === 504)
        return new Trouble("away", "The hub does not answer.", status);
    if (status === 404 && !said)
        return new Trouble("refused", "It is not there.", status);
    return new Trouble("refused", said || `The hub answered ${status}.`,
        status);
}

async function said(answer) {
    const text = await answer.text().catch(() => "");
    try {
        const { error } = JSON.parse(text);
        const sentence = String(error ?? "");
        return sentence.charAt(0).toUpperCase() + sentence.slice(1)
            + (/[.!?]$/.test(sentence) || !sentence ? "" : ".");
    } catch {
        const plain = answer.headers.get("Content-Type") ?? "";
        return plain.startsWith("text/plain") ? text.trim().slice(0, 300) : "";
    }
}

async function call(token, url, options) {
    let answer;
    try {
        answer = await fetch(url, {
            ...options, cache: "no-store", credentials: "omit",
            redirect: "error", referrerPolicy: "no-referrer",
            headers: { Authorization: `Bearer ${token}`,
                ...options.headers },
            signal: AbortSignal.any([AbortSignal.timeout(PATIENCE_MS),
                ...(options.signal ? [options.signal] : [])]),
        });
    } catch (error) {
        if (options.signal?.aborted)
            throw error;
        throw new Trouble("away", "The hub does not answer.");
    }
    if (answer.ok)
        return answer.json().catch(() => {
            throw new Trouble("away", "The answer broke off.");
        });
    throw problem(answer.status, await said(answer),
        answer.headers.get("Retry-After"));
}

function form(params) {
    const out = new URLSearchParams();
    for (const [name, value] of Object.entries(params ?? {}))
        if (value !== null && value !== undefined && value !== "")
            out.append(name, value);
    return out;
}

async function watched(promise) {
    const { token } = session;
    try {
        return await promise;
    } catch (error) {
        if (error.kind === "token" && session.token === token)
            session.end(error.message);
        if (error.kind === "right")
            session.setRight("view");
        throw error;
    }
}

export function ask(path, params, signal) {
    const url = new URL(path, root);
    url.search = form(params);
    return watched(call(session.token, url, { signal }));
}

export function act(path, params) {
    return watched(call(session.token, new URL(path, root), {
        method: "POST", body: form(params),
    }));
}

// Is this token any good? Throws what is wrong with it.
export const trial = (token) => call(token, new URL("whoami", root), {});
