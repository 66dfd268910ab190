/**
 * The button of the closed chat gives room to the page that it stands on.
 *
 * Guarantee: what has the focus in the page is not hidden by the button (WCAG 2.2, 2.4.11): it makes itself invisible
 * for as long, and stays where the Tab key finds it. On a small screen it shows its short word alone as soon as the page
 * is scrolled, for then somebody reads; at the page's beginning it says what it is.
 */

const SMALL = window.matchMedia("(max-width: 40rem)");
// A screen so low that it never has room for more, as at 400 % zoom or of a very small phone.
const LOW = window.matchMedia("(max-height: 26rem), (max-width: 40rem) and (max-height: 36rem)");
// Pixels under which nobody has begun to read yet.
const AT_THE_BEGINNING = 24;

/** Whether `button` hides a part of what has the focus; of what fills most of the screen enough is seen beside it. */
function hidesFocused(button) {
  const focused = document.activeElement;
  if (!focused || focused === document.body || focused === button.getRootNode().host) return false;
  const own = focused.getBoundingClientRect();
  const over = button.getBoundingClientRect();
  const meet = own.left < over.right && own.right > over.left && own.top < over.bottom && own.bottom > over.top;
  return meet && own.height < window.innerHeight / 2;
}

const page = () => document.scrollingElement || document.documentElement;

/** Watches the page for `button`; the function returned looks at once. */
export function giveRoom(button) {
  let scrolled = page().scrollTop;
  let asked = 0;
  const look = () => {
    asked = 0;
    const brief = LOW.matches || (SMALL.matches && scrolled > AT_THE_BEGINNING);
    button.classList.toggle("brief", brief);
    button.classList.toggle("aside", hidesFocused(button));
  };
  const soon = () => {
    asked ||= requestAnimationFrame(look);
  };
  const noteScrolled = ({ target }) => {
    const part = target === document ? page() : target;
    // A page may scroll in a part of its own; a small box in it is no reason.
    if (part.clientHeight > window.innerHeight / 2) scrolled = part.scrollTop;
    soon();
  };
  document.addEventListener("scroll", noteScrolled, { capture: true, passive: true });
  for (const name of ["focusin", "focusout"]) document.addEventListener(name, soon);
  window.addEventListener("resize", soon);
  return look;
}
