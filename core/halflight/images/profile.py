"""One profile for many stars: its samples, each star's flux, sky and centre, by least squares."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, kron, vstack
from scipy.sparse.linalg import lsqr

ITERATIONS = 25  # of the profile's fit in each round: more fit the noise between the samples
LANCZOS = 3  # half-width of the kernel between the profile's samples
MOST_STEP = 0.3  # pixels that a centre may move in a round


class ProfileFit:
    """The profile, and each star's flux, sky and centre: one after another, by least squares."""

    def __init__(
        self,
        stamps: NDArray[np.float64],
        sigmas: NDArray[np.float64],
        centres: NDArray[np.float64],
        half: int,
        fine: int,
    ) -> None:
        self.half, self.fine, self.centres = half, fine, centres.copy()
        self.weight = np.where(np.isfinite(sigmas), 1 / sigmas, 0.0)
        steps = np.arange(2 * half + 1) - half
        ring = np.maximum(np.abs(steps), np.abs(steps)[:, None]) >= half - 1
        sky = np.median(np.where(ring & (self.weight > 0), stamps, np.nan)[:, ring], axis=1)
        self.sky = np.nan_to_num(sky)
        self._stamps = stamps
        self.flux = self.data.sum(axis=(1, 2))
        side = 2 * half * fine + 1
        r = (np.arange(side) - side // 2) / fine
        width = np.sqrt(self._width(self.data / self.flux[:, None, None], steps))
        self.profile = np.exp(-0.5 * (r**2 + r[:, None] ** 2) / width**2)
        self.profile /= self.profile.sum() / fine**2

    @staticmethod
    def _width(stars: NDArray[np.float64], steps: NDArray[np.int64]) -> float:
        """Variance along an axis of the stars' core."""
        mean = np.median(stars, axis=0)
        core = np.where(mean > 0.1 * mean.max(), mean, 0.0)
        return max(float(core.sum(axis=0) @ steps**2 / core.sum()), 0.3)

    @property
    def data(self) -> NDArray[np.float64]:
        """The stamps without their sky."""
        return self._stamps - self.sky[:, None, None]

    def improve(self, used: NDArray[np.bool_]) -> None:
        """One round: the profile from the stars that are used, then each star's own numbers."""
        maps = [self._map(centre) for centre in self.centres]
        blocks, values = [], []
        for star in np.flatnonzero(used):
            weight = self.weight[star].ravel()
            # A bright star's photon noise would make it the only one; each counts by its root.
            share = 1 / np.sqrt(max(self.flux[star], 1e-300) * np.median(weight[weight > 0]))
            blocks.append(maps[star] * (self.flux[star] * weight * share)[:, None])
            values.append(self.data[star].ravel() * weight * share)
        matrix, right = csr_array(vstack(blocks)), np.concatenate(values)
        start = self.profile.ravel()
        change = lsqr(matrix, right - matrix @ start, iter_lim=ITERATIONS)[0]
        profile = (start + change).reshape(self.profile.shape)
        self.profile = profile / (profile.sum() / self.fine**2)
        self._own_numbers(maps)

    def _own_numbers(self, maps: list[csr_array]) -> None:
        """Flux, sky and the shift of the centre of each star, linear in all of them."""
        slope = np.stack(np.gradient(self.profile, 1 / self.fine))
        for star, one in enumerate(maps):
            shapes = [one @ each.ravel() for each in (self.profile, slope[0], slope[1])]
            weight = self.weight[star].ravel()
            design = np.stack([*shapes, np.ones(len(weight))], axis=1) * weight[:, None]
            answer = np.linalg.lstsq(design, self._stamps[star].ravel() * weight, rcond=None)[0]
            flux, dy, dx, sky = answer
            if flux > 0:
                self.flux[star], self.sky[star] = flux, sky
                self.centres[star] -= np.clip([dy / flux, dx / flux], -MOST_STEP, MOST_STEP)

    def _map(self, centre: NDArray[np.float64]) -> csr_array:
        """The matrix (pixels, samples) from the profile to a star's pixels."""
        steps = np.arange(2 * self.half + 1) - self.half
        side = len(self.profile)
        axes = []
        for shift in centre:
            places = (steps - shift) * self.fine + side // 2
            apart = places[:, None] - np.arange(side)
            kernel = np.where(np.abs(apart) < LANCZOS, np.sinc(apart) * np.sinc(apart / LANCZOS), 0)
            total = kernel.sum(axis=1, keepdims=True)
            axes.append(csr_array(np.divide(kernel, total, out=kernel, where=total > 0.5)))
        return csr_array(kron(axes[0], axes[1], format="csr"))

    def model(self) -> NDArray[np.float64]:
        """Each star as the profile has it."""
        shape = self._stamps.shape
        stars = [self._map(c) @ self.profile.ravel() for c in self.centres]
        return np.stack(stars).reshape(shape) * self.flux[:, None, None]

    def misfit(self) -> NDArray[np.float64]:
        """The root of the mean squared residual of each star's core over its flux."""
        residual = (self.data - self.model()) / self.flux[:, None, None]
        middle = np.s_[:, self.half // 2 : -(self.half // 2) or None]
        core = residual[middle][:, :, self.half // 2 : -(self.half // 2) or None]
        return np.sqrt((core**2).mean(axis=(1, 2)))

    def at_pixels(self) -> NDArray[np.float64]:
        """The profile at the pixels of a star that lies on the middle of one."""
        return self.profile[:: self.fine, :: self.fine]
