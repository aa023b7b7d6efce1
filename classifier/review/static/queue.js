// Enter begins with the first page that is to be decided.
"use strict";
document.addEventListener("keydown", (event) => {
  const go = document.querySelector("a.go");
  if (event.key !== "Enter" || event.target.closest("a, button, input, select") || !go) return;
  go.click();
});
