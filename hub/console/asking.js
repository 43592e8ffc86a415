// Hooks that ask the hub. What was there stays until the new is: nothing jumps.
import { ask } from "./api.js";
import { useCallback, useEffect, useRef, useState } from "./lib/hooks.js";

const REFRESH_MS = 5000;

// Whoever changes something says so, and everything that is shown is asked
// again.
const watchers = new Set();
export function changedSomething() {
    for (const watcher of watchers)
        watcher();
}

function useAgain(again, every) {
    useEffect(() => {
        watchers.add(again);
        const timer = every && setInterval(() => {
            if (!document.hidden)
                again();
        }, every);
        return () => {
            watchers.delete(again);
            clearInterval(timer);
        };
    }, [again, every]);
}

// `path` null: there is nothing to ask.
export function useAsk(path, params, every = REFRESH_MS) {
    const key = path && `${path}?${JSON.stringify(params ?? {})}`;
    const [state, setState] = useState({});
    const running = useRef(null);
    const again = useCallback(() => {
        if (!path)
            return;
        running.current?.abort();
        const mine = running.current = new AbortController();
        ask(path, params, mine.signal).then(
            (data) => setState({ key, data }),
            (trouble) => !mine.signal.aborted && setState((was) => ({
                key, trouble, data: was.key === key ? was.data : null })));
    }, [key]);
    useEffect(() => {
        again();
        return () => running.current?.abort();
    }, [again]);
    useAgain(again, every);
    const current = state.key === key;
    return { data: current ? state.data ?? null : null,
        trouble: current ? state.trouble ?? null : null,
        loading: Boolean(path) && !current, again };
}

// A list in pages: `name` is the field that has it. While only the first page
// is shown it is kept fresh; who has gone on is let read.
export function useList(path, name, params, every = REFRESH_MS) {
    const first = useAsk(path, params, every);
    const [more, setMore] = useState(null);
    const key = JSON.stringify([path, params]);
    const later = more?.key === key ? more : null;
    const base = later?.first ?? first.data;
    const next = later ? later.next : base?.next ?? null;
    const goOn = () => {
        const was = { key, first: base, items: later?.items ?? [] };
        setMore({ ...was, next, busy: true });
        ask(path, { ...params, after: next }).then(
            (page) => setMore((now) => now?.key !== key ? now : {
                ...was, next: page.next ?? null,
                items: [...was.items, ...(page[name] ?? [])] }),
            (trouble) => setMore((now) => now?.key !== key ? now : {
                ...was, next, trouble }));
    };
    const reset = () => {
        setMore(null);
        first.again();
    };
    return {
        items: base ? [...(base[name] ?? []), ...(later?.items ?? [])] : null,
        data: base, next, goOn, busy: Boolean(later?.busy),
        trouble: later?.trouble ?? first.trouble, loading: first.loading,
        again: reset,
    };
}
