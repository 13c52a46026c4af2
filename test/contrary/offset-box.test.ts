import { contraryJourney } from "./journey.ts";
import { byOffset } from "./offset-box.ts";

contraryJourney("markerless", byOffset);
