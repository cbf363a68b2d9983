/** Entry of the page. */

import { startApp } from "./page/app.js";

startApp(document.body);
